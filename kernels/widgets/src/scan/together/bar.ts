/** Names who looks at the scan too; a button for each, to follow them. */
import { element } from "../../cube/element";
import type { Looker } from "./model";
import { TEXTS } from "./texts";

export class CompanyBar {
  readonly node = element("div", { class: "mt-bar", role: "group", hidden: true });
  private readonly people = element("ul", { class: "mt-people" });
  private readonly pointer = element("input", { type: "checkbox", checked: true });
  private readonly buttons = new Map<number, HTMLButtonElement>();
  private shown = "";

  constructor(
    private readonly follow: (client: number) => void,
    changePointer: () => void,
  ) {
    this.node.setAttribute("aria-label", TEXTS.bar);
    this.pointer.addEventListener("change", changePointer);
    this.node.append(
      element("span", { class: "mt-title" }, `${TEXTS.bar}:`),
      this.people,
      element("label", {}, this.pointer, TEXTS.showPointer),
    );
  }

  get showsPointer(): boolean {
    return this.pointer.checked;
  }

  show(lookers: readonly Looker[], own: number, followed: number | null): void {
    this.node.hidden = lookers.length === 0;
    for (const client of this.buttons.keys()) {
      if (!lookers.some((each) => each.client === client)) this.buttons.delete(client);
    }
    for (const looker of lookers) {
      this.buttonOf(looker).setAttribute("aria-pressed", String(looker.client === followed));
    }
    const rows = lookers.map((looker) => [looker, looker.told.follows === own] as const);
    // A button that is moved loses the keyboard, so rows are made anew only if they differ.
    const now = JSON.stringify(
      rows.map(([{ client, name }, isAfterUs]) => [client, name, isAfterUs]),
    );
    if (now === this.shown) return;
    this.shown = now;
    const focused = [...this.buttons.values()].find((each) => each === document.activeElement);
    this.people.replaceChildren(
      ...rows.map(([looker, isAfterUs]) => {
        const row = element("li", {}, this.buttonOf(looker));
        if (isAfterUs) row.append(element("span", { class: "mt-note" }, TEXTS.followsYou));
        return row;
      }),
    );
    focused?.focus();
  }

  /** The same button for the same window, so that it keeps the keyboard. */
  private buttonOf({ client, name, color }: Looker): HTMLButtonElement {
    const known = this.buttons.get(client);
    const button = known ?? element("button", { type: "button" });
    if (!known) {
      button.addEventListener("click", () => this.follow(client));
      this.buttons.set(client, button);
    }
    button.textContent = TEXTS.follow(name);
    button.style.setProperty("--mt-color", color);
    return button;
  }
}
