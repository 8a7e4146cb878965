// Chooses the appearance before anything is painted, and wires its button.
// Runs as a classic script in the head: a module would come after the first paint.
(() => {
  const KEY = "museion-appearance";
  const root = document.documentElement;

  /** @returns {string | null} What this person chose here before, if anything. */
  function remembered() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is switched off: the system's choice stands
    }
  }

  /** @param {string} appearance */
  function remember(appearance) {
    try {
      localStorage.setItem(KEY, appearance);
    } catch {
      // it lasts for this page only, then
    }
  }

  const isDark = () =>
    root.dataset.appearance
      ? root.dataset.appearance === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;

  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") root.dataset.appearance = chosen;

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("appearance");
    if (!button) return;
    const show = () => button.setAttribute("aria-pressed", String(isDark()));
    show();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
    button.addEventListener("click", () => {
      root.dataset.appearance = isDark() ? "light" : "dark";
      remember(root.dataset.appearance);
      show();
    });
  });
})();
