// Proposes a short name from a longer one, until somebody types their own.

/** @param {string} from @param {string} to @param {string} joint @param {number} most */
function propose(from, to, joint, most) {
  const source = document.getElementById(from);
  const target = document.getElementById(to);
  if (!(source instanceof HTMLInputElement && target instanceof HTMLInputElement)) return;
  let isOwn = target.value !== "";
  target.addEventListener("input", () => {
    isOwn = target.value !== "";
  });
  source.addEventListener("input", () => {
    if (!isOwn) target.value = shorten(source.value, joint, most);
  });
}

/** @param {string} text @param {string} joint @param {number} most */
function shorten(text, joint, most) {
  const words = text
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .replaceAll("ß", "ss")
    .replaceAll(/[øØ]/g, "o")
    .replaceAll(/[æÆ]/g, "ae")
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  let short = "";
  for (const word of words ?? []) {
    const longer = short ? short + joint + word : word.replace(/^[0-9]+/, "");
    if (longer.length > most) break;
    short = longer;
  }
  return short;
}

propose("new-title", "new-slug", "-", 32);
propose("account-name", "account-username", ".", 64);

export {}; // a module: its names are its own
