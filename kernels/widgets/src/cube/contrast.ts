/** Which values are shown as dark and as bright: by percentile, by hand, seen in a histogram. */
import type { Histogram } from "../generated/histogram";
import { element } from "./element";
import { drawHistogram, limitsAt } from "./histogram";
import { TEXTS } from "./texts";

/** Cut off at both ends, in percent of the pixels. */
export const CUTS = [0, 0.1, 0.5, 2, 5] as const;

const AUTOMATIC = "automatic";
const BY_HAND = "by hand";

export interface Limits {
  readonly low: number | null;
  readonly high: number | null;
}

export interface ContrastSource {
  /** Of what is shown now. */
  histogram(): Promise<Histogram>;
  /** The limits that the server takes when none are given. */
  automatic(): readonly [number, number];
  change(limits: Limits): void;
  complain(error: unknown): void;
}

export class Contrast {
  readonly node: HTMLElement;
  /** The histogram; hidden until it is asked for. */
  readonly strip = element("div", { class: "mc-histogram" });
  private readonly choice: HTMLSelectElement;
  private readonly low: HTMLInputElement;
  private readonly high: HTMLInputElement;
  private readonly toggle: HTMLButtonElement;
  private limits: Limits = { low: null, high: null };
  private found: Promise<Histogram> | null = null;

  constructor(private readonly source: ContrastSource) {
    this.strip.hidden = true;
    this.choice = this.makeChoice();
    this.low = this.makeLimit(TEXTS.darkest);
    this.high = this.makeLimit(TEXTS.brightest);
    this.toggle = element("button", { type: "button", "aria-expanded": "false" }, TEXTS.histogram);
    this.toggle.addEventListener("click", () => this.unfold());
    this.node = element(
      "span",
      { class: "mc-field", role: "group", "aria-label": TEXTS.contrast },
      TEXTS.contrast,
      this.choice,
      this.low,
      this.high,
      this.toggle,
    );
  }

  /** Shows limits that were set elsewhere; `isNew` if another image is shown. */
  show(limits: Limits, isNew: boolean): void {
    this.limits = limits;
    if (isNew) {
      this.found = null;
      if (limits.low === null) this.choice.value = AUTOMATIC;
      else if (this.choice.value === AUTOMATIC) this.choice.value = BY_HAND;
      else if (this.choice.value !== BY_HAND) void this.choose(this.choice.value);
    }
    const [low, high] = this.source.automatic();
    this.low.value = plain(limits.low ?? low);
    this.high.value = plain(limits.high ?? high);
    if (!this.strip.hidden) void this.fill();
  }

  private makeChoice(): HTMLSelectElement {
    const option = (value: string, text: string) => element("option", { value }, text);
    const choice = element(
      "select",
      { "aria-label": TEXTS.percentiles, title: TEXTS.percentiles },
      option(AUTOMATIC, TEXTS.automatic),
      ...CUTS.map((cut) => option(String(cut), TEXTS.between(cut, 100 - cut))),
      option(BY_HAND, TEXTS.byHand),
    );
    choice.addEventListener("change", () => void this.choose(choice.value));
    return choice;
  }

  private async choose(value: string): Promise<void> {
    if (value === BY_HAND) {
      this.change({ low: this.low.valueAsNumber, high: this.high.valueAsNumber });
      return;
    }
    if (value === AUTOMATIC) {
      this.change({ low: null, high: null });
      return;
    }
    const found = await this.find();
    const limits = found && limitsAt(found, Number(value), 100 - Number(value));
    if (limits && this.choice.value === value) this.change({ low: limits[0], high: limits[1] });
  }

  private change(limits: Limits): void {
    this.show(limits, false);
    this.source.change(limits);
  }

  private makeLimit(name: string): HTMLInputElement {
    const input = element("input", {
      type: "number",
      step: "any",
      "aria-label": name,
      title: name,
    });
    input.addEventListener("change", () => {
      const [low, high] = [this.low.valueAsNumber, this.high.valueAsNumber];
      if (Number.isFinite(low) && Number.isFinite(high) && low < high) {
        this.choice.value = BY_HAND;
        this.change({ low, high });
      } else {
        this.show(this.limits, false);
      }
    });
    return input;
  }

  private unfold(): void {
    this.strip.hidden = !this.strip.hidden;
    this.toggle.setAttribute("aria-expanded", String(!this.strip.hidden));
    if (!this.strip.hidden) void this.fill();
  }

  private async fill(): Promise<void> {
    const found = await this.find();
    if (found === null || this.strip.hidden) return;
    const [low, high] = this.source.automatic();
    const limits = [this.limits.low ?? low, this.limits.high ?? high] as const;
    const ends = [found.low, found.high].map((value) =>
      element("span", {}, `${plain(value)}${found.unit ? ` ${found.unit}` : ""}`),
    );
    const note = element("span", { class: "mc-note" }, TEXTS.counted(found.pixels, found.missing));
    const [first, last] = ends;
    this.strip.replaceChildren(
      drawHistogram(found, limits),
      element("div", { class: "mc-ends" }, first ?? "", note, last ?? ""),
    );
  }

  /** The histogram of what is shown now; null once something else is shown. */
  private async find(): Promise<Histogram | null> {
    this.found ??= this.source.histogram();
    const asked = this.found;
    try {
      const found = await asked;
      return asked === this.found ? found : null;
    } catch (error) {
      if (asked === this.found) this.found = null;
      this.source.complain(error);
      return null;
    }
  }
}

/** A number as short as it can be said. */
export function plain(value: number): string {
  return String(Number(value.toPrecision(3)));
}
