/** The page that takes JupyterLab's place when its visitor has no access any more. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Company } from "../api";
import type { Ending } from "./line";

/** What is said, ready to be shown. */
export interface Farewell {
  readonly title: string;
  readonly sentences: readonly string[];
  readonly links: readonly { readonly label: string; readonly href: string }[];
}

/** Who can help: the leads, without oneself. */
export function leadsOf(company: Company | null): readonly string[] {
  const leads = company?.members.filter((member) => member.role === "lead" && !member.is_you);
  return leads?.map((member) => member.display_name) ?? [];
}

/** The words for each way in which a visit ends. */
export function farewellFor(
  ending: Ending,
  company: Company | null,
  home: string | null,
  trans: TranslationBundle,
): Farewell {
  const title = company?.workgroup?.title ?? trans.__("this workgroup");
  const leads = leadsOf(company);
  const isOut = ending === "out";
  const why = isOut
    ? trans.__("You were removed from %1, or what you may do there was changed.", title)
    : trans.__("Your sign-in to %1 has ended, or you were removed from it.", title);
  const kept = trans.__(
    "Nothing is lost: the notebooks, with all that you wrote, stay with the workgroup.",
  );
  const help = leads.length
    ? trans.__("If this is a mistake, ask a lead of the workgroup: %1.", leads.join(", "))
    : trans.__("If this is a mistake, ask a lead of the workgroup.");
  const homeLink = home ? [{ label: trans.__("Go to the home page"), href: home }] : [];
  const again = { label: trans.__("Sign in again"), href: window.location.href };
  return {
    title: isOut
      ? trans.__("You no longer have access to this workspace")
      : trans.__("This workspace no longer knows you"),
    sentences: [why, kept, help],
    links: isOut && home ? homeLink : [again, ...homeLink],
  };
}

/** The dialog, not yet shown. It can't be closed, only left by one of its links. */
export function makeFarewell(farewell: Farewell): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  dialog.className = "mus-Farewell";
  dialog.setAttribute("role", "alertdialog");
  dialog.setAttribute("aria-modal", "true");
  dialog.setAttribute("aria-labelledby", "mus-farewell-title");
  dialog.setAttribute("aria-describedby", "mus-farewell-words");
  const card = append(dialog, "div", "mus-Farewell-card");
  const title = append(card, "h1", "mus-Farewell-title", farewell.title);
  title.id = "mus-farewell-title";
  const words = append(card, "div", "mus-Farewell-words");
  words.id = "mus-farewell-words";
  for (const sentence of farewell.sentences) append(words, "p", "", sentence);
  const links = append(card, "p", "mus-Farewell-links");
  for (const { label, href } of farewell.links) {
    append(links, "a", "mus-Button", label).setAttribute("href", href);
  }
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  return dialog;
}

/**
 * Shows it above everything, now and later: a dialog in the browser's top layer covers whatever
 * JupyterLab still puts on the page and makes it inert, and no shortcut reaches JupyterLab.
 */
export function showFarewell(dialog: HTMLDialogElement): void {
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("a")?.focus();
  const keep = (event: Event) => event.stopImmediatePropagation();
  for (const kind of ["keydown", "keyup", "beforeunload"]) {
    window.addEventListener(kind, keep, { capture: true });
  }
}

function append<K extends keyof HTMLElementTagNameMap>(
  parent: HTMLElement,
  tag: K,
  className: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.textContent = text;
  parent.append(node);
  return node;
}
