// A certified OpenID provider (oidc-provider) that a test can steer.
//
// The provider listens on one port, as `http://localhost:<port>`. A second port takes orders as
// JSON: who exists with which claims, whether the provider is down, and how ID tokens are forged.
// Arguments: port, port for orders, redirect URI, address after sign-out, and for logout tokens.

import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import Provider from "oidc-provider";

const [port, ordersPort, redirectUri, afterSignOut, backChannel] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const CLIENT = "museion";
const SECRET = "secret/with:odd+signs%41=and-32-bytes";

const state = { people: {}, down: "", forge: null, accessSeconds: 600, refresh: true, seen: [] };
const grants = new Map();

const right = await makeKey("right");
const wrong = await makeKey("right"); // same name, another key

async function makeKey(kid) {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { jwk: { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" }, privateKey };
}

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: CLIENT,
      client_secret: SECRET,
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [afterSignOut],
      backchannel_logout_uri: backChannel,
      backchannel_logout_session_required: true,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    },
  ],
  jwks: { keys: [right.jwk] },
  cookies: { keys: ["only for tests"] },
  claims: {
    openid: ["sub"],
    profile: ["name", "preferred_username"],
    email: ["email", "email_verified"],
    entitlements: ["entitlements"],
  },
  scopes: ["openid", "profile", "email", "entitlements", "offline_access"],
  features: {
    backchannelLogout: { enabled: true },
    devInteractions: { enabled: false },
    revocation: { enabled: true },
  },
  clockTolerance: 0,
  // Without its guard against addresses of this machine, where the hub is.
  fetch: (url, { dispatcher: _guard, ...options }) => globalThis.fetch(url, options),
  pkce: { required: () => true },
  ttl: { AccessToken: () => state.accessSeconds },
  issueRefreshToken: async () => state.refresh,
  rotateRefreshToken: () => true,
  async renderError(ctx, problem) {
    ctx.type = "text/plain";
    ctx.body = JSON.stringify(problem);
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  async findAccount(_ctx, sub) {
    const person = state.people[sub];
    if (!person || person.disabled) return undefined;
    return { accountId: sub, claims: async () => ({ sub, ...person.claims }) };
  },
  async loadExistingGrant(ctx) {
    const accountId = ctx.oidc.session.accountId;
    const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId });
    grant.addOIDCScope("openid profile email entitlements offline_access");
    const id = await grant.save();
    grants.set(accountId, [...(grants.get(accountId) ?? []), id]);
    return grant;
  },
});

provider.use(async (ctx, next) => {
  state.seen.push({ method: ctx.method, path: ctx.path, query: ctx.query });
  if (state.down === "hangs up") return ctx.req.socket.destroy();
  if (state.down) {
    ctx.status = 503;
    ctx.body = "down for maintenance";
    return;
  }
  if (ctx.path.startsWith("/interaction/")) return interact(ctx);
  await next();
  if (ctx.path === "/token" && ctx.body?.id_token && state.forge) {
    ctx.body.id_token = await forge(ctx.body.id_token, state.forge);
  }
});

async function interact(ctx) {
  const { prompt } = await provider.interactionDetails(ctx.req, ctx.res);
  ctx.respond = false;
  if (ctx.method === "POST") {
    const form = new URLSearchParams(await read(ctx.req));
    const result = form.has("cancel")
      ? { error: "access_denied", error_description: "<b>Call +1 555 0100</b>" }
      : { login: { accountId: form.get("login") } };
    return provider.interactionFinished(ctx.req, ctx.res, result);
  }
  ctx.res.setHeader("content-type", "text/html");
  ctx.res.end(`<!doctype html><html lang="en"><title>Institute</title><h1>${prompt.name}</h1>
    <form method="post"><label>Login <input name="login"></label>
    <button>Continue</button><button name="cancel" value="1">Cancel</button></form>`);
}

async function forge(token, how) {
  const [head, body, signature] = token.split(".");
  const claims = { ...JSON.parse(Buffer.from(body, "base64url")), ...how.claims };
  const sign = (key, header) => new SignJWT(claims).setProtectedHeader(header).sign(key);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  switch (how.kind) {
    case "claims":
      return sign(right.privateKey, { alg: "RS256", kid: "right" });
    case "key":
      return sign(wrong.privateKey, { alg: "RS256", kid: "right" });
    case "secret":
      return sign(new TextEncoder().encode(SECRET.padEnd(32)), { alg: "HS256" });
    case "none":
      return `${encode({ alg: "none" })}.${encode(claims)}.`;
    case "body":
      return `${head}.${encode(claims)}.${signature}`;
    default:
      throw new Error(how.kind);
  }
}

async function read(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function obey(order) {
  Object.assign(state, order.set ?? {});
  for (const id of (order.revoke && grants.get(order.revoke)) || []) {
    await provider.AccessToken.revokeByGrantId(id);
    await provider.RefreshToken.revokeByGrantId(id);
  }
  return order.logout ? { token: await logoutToken(order.logout) } : state;
}

// A logout token as the provider would make it, but for what the test forges; null takes away.
async function logoutToken(how) {
  const now = Math.floor(Date.now() / 1000);
  const event = "http://schemas.openid.net/event/backchannel-logout";
  const fair = { iss: issuer, aud: CLIENT, iat: now, exp: now + 120, jti: crypto.randomUUID() };
  const claims = { ...fair, events: { [event]: {} }, ...how.claims };
  const held = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null));
  const header = { alg: "RS256", kid: "right", typ: how.typ ?? "logout+jwt" };
  const token = await new SignJWT(held).setProtectedHeader(header).sign(right.privateKey);
  return how.kind ? forge(token, { kind: how.kind, claims: how.body }) : token;
}

const orders = createServer(async (request, response) => {
  const answer = await obey(JSON.parse((await read(request)) || "{}"));
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(answer));
});

orders.listen(Number(ordersPort), "127.0.0.1");
provider.listen(Number(port), "localhost");
