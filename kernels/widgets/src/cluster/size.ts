/**
 * How many workers a cluster has: a fixed number, or as many as there is work for.
 *
 * What somebody types stays until it is applied; until then it follows what the cluster says.
 */
import { element } from "../cube/element";
import type { Filled } from "./report";
import { TEXTS } from "./texts";
import type { Wish } from "./watch";

let serial = 0;

export class Size {
  readonly node: HTMLFormElement;
  private readonly fixed: HTMLInputElement;
  private readonly adaptive: HTMLInputElement;
  private readonly workers = makeNumber(TEXTS.number);
  private readonly minimum = makeNumber(TEXTS.minimum);
  private readonly maximum = makeNumber(TEXTS.maximum);
  private readonly limit = element("span", { class: "mk-soft mk-limit" });
  private readonly apply = element("button", { type: "submit" }, TEXTS.apply);
  private isTouched = false;
  private report: Filled | null = null;

  /** @param wish Does it, and tells whether it was done. */
  constructor(private readonly wish: (wish: Wish) => Promise<boolean>) {
    serial += 1;
    const name = `museion-cluster-size-${serial}`;
    this.fixed = element("input", { type: "radio", name, value: "fixed" });
    this.adaptive = element("input", { type: "radio", name, value: "adaptive" });
    this.node = element(
      "form",
      { class: "mk-size" },
      element(
        "fieldset",
        {},
        element("legend", {}, TEXTS.size),
        element(
          "div",
          { class: "mk-choice" },
          element("label", {}, this.fixed, TEXTS.fixed),
          this.workers,
        ),
        element(
          "div",
          { class: "mk-choice" },
          element("label", {}, this.adaptive, TEXTS.adaptive),
          element("label", {}, TEXTS.from, this.minimum),
          element("label", {}, TEXTS.to, this.maximum),
        ),
        element("div", { class: "mk-choice mk-last" }, this.apply, this.limit),
      ),
    );
    this.node.addEventListener("input", () => this.touch());
    this.node.addEventListener("keydown", (event) => this.applyOnEnter(event));
    this.node.addEventListener("submit", (event) => void this.submit(event));
  }

  show(report: Filled): void {
    this.report = report;
    const limit = report.limit;
    for (const input of [this.workers, this.minimum, this.maximum]) {
      if (limit) input.max = String(limit);
      else input.removeAttribute("max");
    }
    this.limit.textContent = limit ? TEXTS.limit(limit) : "";
    if (!this.isTouched) this.follow(report);
    this.enable();
  }

  private follow(report: Filled): void {
    const wanted = report.wanted || report.workers.length;
    this.fixed.checked = report.adaptive === null;
    this.adaptive.checked = report.adaptive !== null;
    this.workers.value = String(wanted);
    this.minimum.value = String(report.adaptive?.minimum ?? Math.min(1, wanted));
    this.maximum.value = String(report.adaptive?.maximum ?? Math.max(1, wanted));
  }

  private touch(): void {
    this.isTouched = true;
    const least = this.minimum.valueAsNumber;
    const isReversed = this.adaptive.checked && least > this.maximum.valueAsNumber;
    this.maximum.setCustomValidity(isReversed ? `≥ ${least}` : "");
    this.enable();
  }

  private enable(): void {
    this.workers.disabled = !this.fixed.checked;
    this.minimum.disabled = this.maximum.disabled = !this.adaptive.checked;
    this.apply.disabled = !this.isTouched;
  }

  /** Applies at once; a notebook around the card takes this key for itself otherwise. */
  private applyOnEnter(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.isTouched) this.node.requestSubmit();
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const isDone = await this.wish(
      this.fixed.checked
        ? { kind: "scale", workers: this.workers.valueAsNumber }
        : {
            kind: "adapt",
            minimum: this.minimum.valueAsNumber,
            maximum: this.maximum.valueAsNumber,
          },
    );
    if (!isDone) return; // what was refused stays, to be changed
    this.isTouched = false;
    if (this.report) this.show(this.report);
  }
}

function makeNumber(label: string): HTMLInputElement {
  return element("input", {
    type: "number",
    min: 0,
    step: 1,
    required: true,
    inputmode: "numeric",
    "aria-label": label,
  });
}
