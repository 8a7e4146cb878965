// The workgroup's page: an invitation's link is shown once, and the log goes on below.

import { ask, tell, tellRefusal } from "./registry.js";

const dialog = document.getElementById("invite");
const made = document.getElementById("invited");
const link = document.getElementById("invitation-link");
const copied = document.getElementById("invitation-copied");
const form = dialog?.querySelector("form");

/** @param {boolean} isMade Whether the link, rather than the form, is shown. */
function show(isMade) {
  if (form) form.hidden = isMade;
  if (made) made.hidden = !isMade;
}

dialog?.addEventListener("museion:open", () => show(false));
dialog?.addEventListener("close", () => {
  if (made && !made.hidden) location.reload();
});

form?.addEventListener("museion:done", (event) => {
  if (!(event instanceof CustomEvent) || !(link instanceof HTMLInputElement)) return;
  const { url, mailed, mail_failure: failure } = event.detail;
  show(true);
  link.value = url;
  link.select();
  if (mailed) tell(copied, "good", "The invitation was mailed");
  else if (failure) tell(copied, "bad", failure, "send the link yourself");
  else copied?.replaceChildren();
  document.getElementById("copy-invitation")?.focus();
});

document.getElementById("copy-invitation")?.addEventListener("click", async () => {
  if (!(link instanceof HTMLInputElement)) return;
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    tell(copied, "good", "The link is copied");
  } catch {
    // No clipboard without https: the link is selected instead.
    tell(copied, "good", "The link is selected: copy it with the keyboard");
  }
});

const more = document.getElementById("more-events");
const log = document.getElementById("events");

more?.addEventListener("click", async (event) => {
  event.preventDefault();
  if (!(more instanceof HTMLAnchorElement) || !log) return;
  const answer = document.getElementById("events-answer");
  try {
    const page = document.createElement("template");
    page.innerHTML = await (await ask(more.href)).text();
    const lines = [...page.content.querySelectorAll("li")];
    const next = page.content.querySelector("[data-next]")?.getAttribute("data-next");
    log.append(...lines);
    if (lines[0]) lines[0].tabIndex = -1;
    lines[0]?.focus();
    more.hidden = !next;
    if (next) more.href = next;
  } catch (error) {
    tellRefusal(answer, error);
  }
});
