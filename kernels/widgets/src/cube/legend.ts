/** The list of spots under the plot: colour, number, name, place, and what can be done. */
import { element } from "./element";
import type { PickedSpectrum } from "./picks";
import { TEXTS } from "./texts";

export interface LegendEvents {
  rename(index: number, label: string): void;
  remove(index: number): void;
  clear(): void;
  exportCsv(): void;
}

export class Legend {
  readonly node: HTMLElement;
  private readonly list = element("ul", { "aria-label": TEXTS.spots });
  private readonly actions: HTMLElement;
  private shown = "";

  constructor(private readonly events: LegendEvents) {
    const exporting = button(TEXTS.exportCsv, TEXTS.exportName, () => events.exportCsv());
    const clearing = button(TEXTS.clear, TEXTS.clearName, () => events.clear());
    const note = element("span", { class: "mc-note" }, TEXTS.spread);
    this.actions = element("div", { class: "mc-actions" }, note, exporting, clearing);
    this.node = element("div", { class: "mc-legend" }, this.list, this.actions);
  }

  /** Redraws only when the picks changed, so that a name being typed keeps its cursor. */
  update(picked: readonly PickedSpectrum[]): void {
    const state = JSON.stringify(picked.map(({ pick }) => pick));
    this.actions.hidden = picked.length === 0;
    if (state === this.shown) return;
    this.shown = state;
    this.list.replaceChildren(...picked.map((each, index) => this.row(each, index)));
  }

  private row({ pick, number, color }: PickedSpectrum, index: number): HTMLLIElement {
    const name = element("input", {
      type: "text",
      value: pick.label,
      maxlength: 60,
      "aria-label": TEXTS.nameOf(number),
    });
    name.addEventListener("change", () =>
      this.events.rename(index, name.value.trim() || pick.label),
    );
    const dot = element("span", { class: "mc-dot", "aria-hidden": true }, String(number));
    dot.style.backgroundColor = color;
    const place = element(
      "span",
      { class: "mc-place" },
      `x ${pick.x}, y ${pick.y} · r ${pick.radius}`,
    );
    const remove = button("×", TEXTS.remove(pick.label), () => this.events.remove(index));
    return element("li", {}, dot, name, place, remove);
  }
}

function button(text: string, name: string, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", "aria-label": name, title: name }, text);
  made.addEventListener("click", act);
  return made;
}
