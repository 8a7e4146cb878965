// The sign-in form: show the password on request, and send it only once.

const form = document.getElementById("sign-in");
const password = document.getElementById("password_input");
const reveal = document.getElementById("reveal");
const submit = document.getElementById("login_submit");

if (
  form instanceof HTMLFormElement &&
  password instanceof HTMLInputElement &&
  reveal instanceof HTMLButtonElement &&
  submit instanceof HTMLButtonElement
) {
  reveal.addEventListener("click", () => {
    const isShown = password.type === "text";
    password.type = isShown ? "password" : "text";
    reveal.setAttribute("aria-pressed", String(!isShown));
    password.focus();
  });

  form.addEventListener("submit", () => {
    password.type = "password"; // so that no browser keeps it as a plain text entry
    submit.disabled = true;
    submit.textContent = "Signing in…";
  });

  // The page may come back from the browser's history with the button still off.
  window.addEventListener("pageshow", () => {
    submit.disabled = false;
    submit.textContent = "Sign in";
  });
}
