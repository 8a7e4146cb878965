/** A bar with its name and its numbers beside it: how full, or how far. */
import { element } from "../cube/element";

export interface BarValues {
  readonly name: string;
  readonly value: number;
  readonly max: number;
  /** The numbers in words, also for who hears them. */
  readonly text: string;
  readonly note?: string;
  readonly isFull?: boolean;
}

export class Bar {
  private readonly fill = element("span", { class: "mk-fill" });
  private readonly track: HTMLElement;
  private readonly name = element("span", { class: "mk-name" });
  private readonly text = element("span", { class: "mk-text" });
  private readonly note = element("span", { class: "mk-note" });
  readonly node: HTMLElement;

  constructor(kind: "meter" | "progressbar") {
    this.track = element("span", { class: "mk-track", role: kind, "aria-valuemin": 0 }, this.fill);
    this.node = element("li", { class: "mk-bar" }, this.name, this.track, this.text, this.note);
  }

  show({ name, value, max, text, note = "", isFull = false }: BarValues): void {
    const part = max > 0 ? Math.min(1, value / max) : 0;
    this.fill.style.inlineSize = `${(100 * part).toFixed(1)}%`;
    this.node.classList.toggle("mk-is-full", isFull);
    setText(this.name, name);
    this.name.title = name;
    setText(this.text, text);
    setText(this.note, note);
    const facts = {
      "aria-label": name,
      "aria-valuemax": String(max > 0 ? max : Math.max(value, 1)),
      "aria-valuenow": String(max > 0 ? Math.min(value, max) : value),
      "aria-valuetext": [text, note].filter(Boolean).join(", "),
    };
    for (const [attribute, fact] of Object.entries(facts)) this.track.setAttribute(attribute, fact);
  }
}

/** A list of bars that keeps those it has, so that nothing jumps or loses focus. */
export class Bars {
  readonly node: HTMLElement;
  private readonly bars: Bar[] = [];

  constructor(
    private readonly kind: "meter" | "progressbar",
    label: string,
  ) {
    const shape = kind === "progressbar" ? "mk-bars mk-plain" : "mk-bars"; // without notes
    this.node = element("ul", { class: shape, "aria-label": label });
  }

  show(values: readonly BarValues[]): void {
    for (const [index, value] of values.entries()) {
      const bar = this.bars[index] ?? new Bar(this.kind);
      if (!this.bars[index]) {
        this.bars.push(bar);
        this.node.append(bar.node);
      }
      bar.show(value);
    }
    for (const bar of this.bars.splice(values.length)) bar.node.remove();
    this.node.hidden = values.length === 0;
  }
}

/** Changes a text only if it differs, so that nothing is announced or selected anew. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
