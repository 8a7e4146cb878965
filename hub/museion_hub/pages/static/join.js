// A new account signs in by the hub's own form, with its username filled in.

const { hub = "/hub/" } = document.body.dataset;
const form = document.getElementById("new-account");

form?.addEventListener("museion:done", () => {
  const username = document.getElementById("account-username");
  const address = new URL(`${hub}login`, location.href);
  if (username instanceof HTMLInputElement) address.searchParams.set("username", username.value);
  address.searchParams.set("next", `${hub}home`);
  location.assign(address);
});

export {}; // a module: its names are its own
