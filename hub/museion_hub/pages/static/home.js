// Keeps the home page true while it is open: who is online, what servers do.
// Only texts and attributes change in place, so that nothing flickers or moves.

import { ask, part, RefusedError } from "./hub.js";

const REFRESH_MS = 20_000;

/**
 * @typedef {{state: string, label: string}} Server
 * @typedef {{revision: string, servers: Record<string, Server>, online: Record<string, string[]>}} HomeState
 */

const home = part("home");
const freshness = part("freshness");
const changed = part("changed");
let timer = 0;

/** @param {HTMLElement} element @param {string} text */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Record<string, Server>} servers */
function showServers(servers) {
  for (const element of home.querySelectorAll("[data-server]")) {
    if (!(element instanceof HTMLElement)) continue;
    const server = servers[element.dataset.server ?? ""];
    const label = element.querySelector(".state-label");
    if (!server || !(label instanceof HTMLElement)) continue;
    element.dataset.state = server.state;
    say(label, server.label);
  }
}

/** @param {Record<string, string[]>} online */
function showPeople(online) {
  for (const element of home.querySelectorAll("[data-online-of]")) {
    if (!(element instanceof HTMLElement)) continue;
    const present = new Set(online[element.dataset.onlineOf ?? ""] ?? []);
    const label = element.querySelector(".online-label");
    element.dataset.count = String(present.size);
    if (label instanceof HTMLElement) say(label, `${present.size || "nobody"} online`);
    for (const person of element.closest(".card")?.querySelectorAll("[data-person]") ?? []) {
      if (!(person instanceof HTMLElement)) continue;
      person.dataset.online = present.has(person.dataset.person ?? "") ? "yes" : "no";
    }
  }
}

async function refresh() {
  try {
    /** @type {HomeState} */
    const state = await ask("home/state");
    showServers(state.servers);
    showPeople(state.online);
    changed.hidden = state.revision === home.dataset.revision;
    say(freshness, "");
  } catch (error) {
    const isSignedOut = error instanceof RefusedError && error.status < 500;
    say(
      freshness,
      isSignedOut
        ? "You were signed out. Reload the page to sign in again."
        : "The hub does not answer; this page may be out of date. Trying again.",
    );
  }
}

function schedule() {
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(async () => {
    await refresh();
    schedule();
  }, REFRESH_MS);
}

async function refreshNow() {
  if (!document.hidden) await refresh();
  schedule();
}

document.addEventListener("visibilitychange", refreshNow);
// Back from a workspace, the browser may show this page as it was left.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) refreshNow();
});
schedule();

for (const form of home.querySelectorAll("form[data-stop]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    if (button) button.disabled = true;
    const account = form.dataset.stop ?? "";
    showServers({ [account]: { state: "stopping", label: "Stopping" } });
  });
}
