// The waiting page: follow the server's start, then go where it leads; say when the hub is away.

import { ask, part, RefusedError } from "./hub.js";

/** How soon to look again when the hub has closed the line without a result. */
const LOOK_AGAIN_MS = 3_000;

/** @typedef {{progress?: number, message?: string, ready?: boolean, failed?: boolean}} StartEvent */

const waiting = part("waiting");
const progress = part("progress");
const step = part("step");
const trouble = part("trouble");
let last = 2;

/** @param {number} percent */
function showProgress(percent) {
  last = Math.max(last, Math.min(100, percent)); // a bar that goes back only worries people
  progress.setAttribute("aria-valuenow", String(Math.round(last)));
  part("progress-fill").setAttribute("width", String(last));
}

/** @param {string} message */
function showStep(message) {
  step.textContent = message;
  const line = document.createElement("li");
  line.textContent = message;
  part("steps").append(line);
}

/** @param {string} title @param {string} hint */
function showTrouble(title, hint) {
  part("trouble-title").textContent = title;
  part("trouble-hint").textContent = hint;
  trouble.hidden = false;
}

const source = new EventSource(waiting.dataset.progress ?? "");

source.addEventListener("message", (message) => {
  /** @type {StartEvent} */
  const event = JSON.parse(message.data);
  trouble.hidden = true;
  if (event.failed || event.ready) {
    source.close();
    location.reload(); // the hub answers with the reason, or leads on to what was asked for
    return;
  }
  if (event.progress !== undefined) showProgress(event.progress);
  if (event.message) showStep(event.message);
});

source.addEventListener("error", () => {
  showTrouble(
    "The hub does not answer at the moment",
    "This page keeps trying; there is nothing you need to do.",
  );
  if (source.readyState === EventSource.CLOSED) setTimeout(lookAgain, LOOK_AGAIN_MS);
});

/** The hub has ended the line: reload once it can be reached, to learn how things stand. */
async function lookAgain() {
  try {
    await ask("health");
    location.reload();
  } catch (error) {
    if (error instanceof RefusedError && error.status < 500) location.reload();
    else setTimeout(lookAgain, LOOK_AGAIN_MS);
  }
}
