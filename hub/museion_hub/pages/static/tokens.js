// Access tokens: make one, show it once, revoke others.

import { ask, part, RefusedError } from "./hub.js";

const user = encodeURIComponent(document.querySelector(".tokens")?.getAttribute("data-user") ?? "");
const form = part("request-token-form");
const answer = part("token-answer");

/** @param {string} kind @param {...(string | Node)} lines */
function show(kind, ...lines) {
  const notice = document.createElement("div");
  notice.className = `notice ${kind}`;
  for (const line of lines) {
    const paragraph = document.createElement("p");
    paragraph.append(line);
    notice.append(paragraph);
  }
  answer.replaceChildren(notice);
}

/** @param {unknown} error */
function showRefusal(error) {
  if (error instanceof RefusedError && error.status < 500) {
    show("bad", "The hub refused this.", "Check that each permission is one you have yourself.");
  } else {
    show("bad", "The hub does not answer at the moment.", "Try again in a minute.");
  }
}

/** @param {FormData} fields */
function requestBody(fields) {
  const scopes = String(fields.get("scopes") ?? "")
    .split(/[\s,]+/)
    .filter(Boolean);
  return {
    note: String(fields.get("note") || "Made on the tokens page"),
    expires_in: Number(fields.get("expires")) || null,
    ...(scopes.length > 0 && { scopes }),
  };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!(form instanceof HTMLFormElement)) return;
  const body = JSON.stringify(requestBody(new FormData(form)));
  try {
    const made = await ask(`api/users/${user}/tokens`, { method: "POST", body });
    const code = document.createElement("code");
    code.className = "mono";
    code.textContent = made.token;
    show("good", "Copy the token now; it is shown only once.", code);
  } catch (error) {
    showRefusal(error);
  }
});

for (const button of document.querySelectorAll("[data-revoke]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await ask(`api/users/${user}/tokens/${button.dataset.revoke}`, { method: "DELETE" });
      button.closest("tr")?.remove();
    } catch (error) {
      button.disabled = false;
      showRefusal(error);
    }
  });
}
