// What the registry's pages share: requests to its API, forms that send them, dialogs.
//
// A form says what it does: `data-send` the method, `data-to` the path below the API,
// `data-then` what follows (`reload`, `show`, or an address), `data-done` what to say then.

const { hub = "/hub/", registry = "", xsrf = "" } = document.body.dataset;
const TIMEOUT_MS = 30_000;
const NEWS = "museion-news";

/** The registry refused; `hint` is the remedy. */
export class RefusedError extends Error {
  /** @param {number} status @param {string} message @param {string} hint */
  constructor(status, message, hint) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/**
 * Ask the registry's API, as the person who is signed in.
 * @param {string} method
 * @param {string} path below the API
 * @param {unknown} [body]
 * @returns {Promise<any>} the answer; `null` if it has none (the shape is the route's own)
 * @throws {RefusedError} with words for a person
 */
export async function send(method, path, body) {
  const response = await ask(`${registry}api/v1/${path}`, {
    method,
    headers: {
      Accept: "application/json",
      ...(body !== undefined && { "Content-Type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/**
 * Fetch from the registry with the proof that one of its own pages asks.
 * @param {string} address
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 * @throws {RefusedError}
 */
export async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(address, {
      ...options,
      credentials: "same-origin",
      headers: { ...options.headers, "X-Museion-Request": xsrf },
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new RefusedError(0, "The registry does not answer", "wait a moment, then try again");
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** @param {Response} response */
async function refusal(response) {
  if (response.status === 401) {
    return new RefusedError(401, "You are signed out", "reload the page to sign in again");
  }
  try {
    const said = await response.json();
    return new RefusedError(response.status, String(said.message), String(said.hint));
  } catch {
    return new RefusedError(
      response.status,
      "The registry does not answer",
      "wait a minute, then try again",
    );
  }
}

/** @param {string} text */
function sentence(text) {
  if (!text) return "";
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/**
 * Show a notice in its place.
 * @param {Element | null} place @param {"bad" | "good"} kind @param {...string} lines
 */
export function tell(place, kind, ...lines) {
  if (!place) return;
  const notice = document.createElement("div");
  notice.className = `notice ${kind}`;
  for (const [index, line] of lines.filter(Boolean).entries()) {
    const paragraph = document.createElement("p");
    if (index === 0) paragraph.className = "notice-title";
    paragraph.textContent = sentence(line);
    notice.append(paragraph);
  }
  place.replaceChildren(notice);
}

/** @param {Element | null} place @param {unknown} error */
export function tellRefusal(place, error) {
  if (!(error instanceof RefusedError)) throw error;
  tell(place, "bad", error.message, error.hint);
}

/** Reload the page, and say there what has happened. @param {string} news */
function reload(news) {
  remember(news);
  location.reload();
}

/** @param {string} news */
function remember(news) {
  try {
    if (news) sessionStorage.setItem(NEWS, news);
  } catch {
    // storage is switched off: the page itself shows what has changed
  }
}

function tellNews() {
  const place = document.getElementById("news");
  let news = null;
  try {
    news = sessionStorage.getItem(NEWS);
    sessionStorage.removeItem(NEWS);
  } catch {
    return;
  }
  if (!news || !place) return;
  tell(place, "good", ...news.split("\n"));
  place.focus();
}

/**
 * Read a form's fields as the API wants them; fields named `_…` and empty optional ones stay away.
 * @param {HTMLFormElement} form
 * @returns {Record<string, unknown> | undefined} nothing for a form without fields
 */
function bodyOf(form) {
  /** @type {Record<string, unknown>} */
  const body = {};
  for (const field of form.elements) {
    if (
      !(
        field instanceof HTMLInputElement ||
        field instanceof HTMLSelectElement ||
        field instanceof HTMLTextAreaElement
      )
    )
      continue;
    if (!field.name || field.name.startsWith("_") || field.disabled) continue;
    if (field instanceof HTMLInputElement && field.type === "radio" && !field.checked) continue;
    if ("optional" in field.dataset && field.value === "") continue;
    place(body, field.name, readingOf(field));
  }
  return Object.keys(body).length > 0 ? body : undefined;
}

/** @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} field */
function readingOf(field) {
  if (field instanceof HTMLInputElement && field.type === "checkbox") return field.checked;
  if (field.dataset.as === "number") return Number(field.value);
  if (field.dataset.as === "truth") return field.value === "true";
  return field.value;
}

/** `expected.title` becomes a title inside `expected`. @param {Record<string, unknown>} body @param {string} name @param {unknown} value */
function place(body, name, value) {
  const [outer = "", inner] = name.split(".");
  if (inner === undefined) body[outer] = value;
  else body[outer] = { .../** @type {object} */ (body[outer] ?? {}), [inner]: value };
}

/** Say which field is too long instead of cutting what was pasted. @param {HTMLFormElement} form */
function tooLong(form) {
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) continue;
    const most = Number(field.dataset.most ?? Number.POSITIVE_INFINITY);
    const length = [...field.value].length;
    field.removeAttribute("aria-invalid");
    if (length <= most) continue;
    field.setAttribute("aria-invalid", "true");
    field.focus();
    const name = field.labels?.[0]?.textContent?.trim() ?? field.name;
    return new RefusedError(
      422,
      `${name} is too long: ${length} characters`,
      `use at most ${most}`,
    );
  }
  return null;
}

/** `{name}` in `data-to` is what the field `_name` says. @param {HTMLFormElement} form */
function pathOf(form) {
  return (form.dataset.to ?? "").replace(/\{(\w+)\}/g, (_, name) => {
    const field = form.elements.namedItem(`_${name}`);
    return field instanceof HTMLInputElement ? encodeURIComponent(field.value.trim()) : "";
  });
}

/** @param {HTMLFormElement} form */
async function submit(form) {
  const answer = form.querySelector("[data-answer]");
  const button = form.querySelector("button[type=submit]");
  if (!(button instanceof HTMLButtonElement) || button.disabled) return;
  answer?.replaceChildren();
  button.disabled = true;
  try {
    const long = tooLong(form);
    if (long) throw long;
    await follow(form, await send(form.dataset.send ?? "POST", pathOf(form), bodyOf(form)));
  } catch (error) {
    tellRefusal(answer, error);
  } finally {
    button.disabled = false;
  }
}

/** Stay signed in where all other sessions have ended. @param {string} ticket */
async function renew(ticket) {
  await ask(`${hub}museion/renewal`, { method: "POST", body: ticket }).catch(() => {
    // the hub asks to sign in again
  });
}

/** @param {HTMLFormElement} form @param {any} answer */
async function follow(form, answer) {
  if (answer?.renewal) await renew(answer.renewal);
  const then = form.dataset.then ?? "reload";
  const isPending = answer?.hub === "pending";
  const late = "The hub has not confirmed this yet; it is asked again until it does";
  const news = [form.dataset.done ?? "", isPending ? late : ""].filter(Boolean).join("\n");
  if (then === "show") form.dispatchEvent(new CustomEvent("museion:done", { detail: answer }));
  else if (then === "reload") reload(news);
  else {
    remember(news);
    location.assign(then.replace("{slug}", encodeURIComponent(answer?.slug ?? "")));
  }
}

for (const form of document.querySelectorAll("form[data-send]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form);
  });
}

/**
 * Open a dialog for what its button is about: `data-to` where its form sends, `data-done` what to
 * say then, `data-name` the text of its slots, `data-role` the role that is chosen.
 * @param {HTMLElement} opener
 */
function open(opener) {
  const dialog = document.getElementById(opener.dataset.open ?? "");
  if (!(dialog instanceof HTMLDialogElement)) return;
  const { to, done, name, role } = opener.dataset;
  const form = dialog.querySelector("form");
  if (form) {
    form.reset();
    if (to) form.dataset.to = to;
    if (done) form.dataset.done = done;
  }
  for (const slot of dialog.querySelectorAll("[data-slot]")) slot.textContent = name ?? "";
  for (const field of dialog.querySelectorAll("input")) {
    if (role && field.name === "role") field.checked = field.value === role;
    if (role && field.name === "expected_role") field.value = role;
  }
  for (const answer of dialog.querySelectorAll("[data-answer]")) answer.replaceChildren();
  dialog.dispatchEvent(new CustomEvent("museion:open"));
  dialog.showModal(); // on closing, the browser gives the focus back to the opener
  const chosen = dialog.querySelector("input[type=radio]:checked");
  if (chosen instanceof HTMLElement) chosen.focus();
}

for (const opener of document.querySelectorAll("[data-open]")) {
  if (opener instanceof HTMLElement) opener.addEventListener("click", () => open(opener));
}

for (const closer of document.querySelectorAll("[data-close]")) {
  closer.addEventListener("click", () => closer.closest("dialog")?.close());
}

tellNews();
