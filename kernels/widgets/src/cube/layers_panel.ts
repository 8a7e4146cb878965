/** Under the image: every layer with its opacity, colours and legend, and how two are compared. */
import type { Disposable } from "../host";
import { BLINK_S, COMPARISONS, Compare, type Comparison, LENS_PX } from "./compare";
import { element } from "./element";
import type { LayerStack } from "./layer";
import type { OpenLayer } from "./opening";
import { TEXTS } from "./texts";

interface Slider {
  readonly text: string;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  read(): number;
  write(value: number): void;
  say(value: number): string;
}

export class LayersPanel implements Disposable {
  readonly node: HTMLElement;
  readonly compare: Compare;
  private readonly buttons = new Map<Comparison, HTMLButtonElement>();
  private readonly choice: HTMLSelectElement;
  private readonly slider = element("span", { class: "mc-field" });

  /** @param opened The base first. */
  constructor(
    private readonly opened: readonly OpenLayer[],
    private readonly stack: LayerStack,
    private readonly redraw: () => void,
  ) {
    this.compare = new Compare(redraw, () => this.showSlider());
    this.choice = this.makeChoice();
    const rows = opened.map((each, index) => this.row(each, index)).reverse();
    this.node = element(
      "section",
      { class: "mc-layers", "aria-label": TEXTS.layers },
      ...(opened.length > 1 ? [this.makeCompareBar()] : []),
      element("ul", {}, ...rows),
    );
    this.setMode("over");
  }

  dispose(): void {
    this.compare.dispose();
  }

  private row({ layer, facts, controls, legend, cube }: OpenLayer, index: number): HTMLLIElement {
    const shown = element("input", { type: "checkbox" });
    shown.checked = layer.isShown;
    shown.addEventListener("change", () => {
      layer.isShown = shown.checked;
      this.redraw();
    });
    const { width, height } = layer.geometry;
    const size = element("span", { class: "mc-facts" }, `${width} × ${height} px, ${facts}`);
    const name = element("label", { class: "mc-layername" }, shown, layer.name);
    const what = controls ?? element("span", { class: "mc-note" }, cube ? TEXTS.setAbove : "");
    const opacity =
      index === 0 ? element("span", { class: "mc-note" }, TEXTS.base) : this.opacity(layer);
    return element("li", { class: "mc-layer" }, name, size, opacity, what, legend ?? "");
  }

  private opacity(layer: OpenLayer["layer"]): HTMLElement {
    const input = element("input", { type: "range", min: 0, max: 100, step: 1 });
    const output = element("output", { class: "mc-value" });
    const show = () => {
      const text = `${Math.round(100 * layer.opacity)} %`;
      output.value = text;
      input.setAttribute("aria-valuetext", text);
    };
    input.value = String(Math.round(100 * layer.opacity));
    input.setAttribute("aria-label", TEXTS.opacityOf(layer.name));
    input.addEventListener("input", () => {
      layer.opacity = Number(input.value) / 100;
      show();
      this.redraw();
    });
    show();
    return element("label", { class: "mc-field" }, TEXTS.opacity, input, output);
  }

  private makeCompareBar(): HTMLElement {
    const group = element("div", {
      class: "mc-presets",
      role: "group",
      "aria-label": TEXTS.comparison,
    });
    for (const mode of COMPARISONS) {
      const title = TEXTS.comparisonTitles[mode];
      const button = element("button", { type: "button", title }, TEXTS.comparisons[mode]);
      button.addEventListener("click", () => this.setMode(mode));
      this.buttons.set(mode, button);
      group.append(button);
    }
    return element("div", { class: "mc-compare" }, group, this.choice, this.slider);
  }

  private makeChoice(): HTMLSelectElement {
    const above = this.opened.slice(1);
    const choice = element(
      "select",
      { "aria-label": TEXTS.compared, title: TEXTS.compared },
      ...above.map(({ layer }, index) => element("option", { value: index + 1 }, layer.name)),
    );
    choice.value = String(above.length);
    choice.addEventListener("change", () => this.apply());
    return choice;
  }

  private setMode(mode: Comparison): void {
    this.compare.mode = mode;
    for (const [each, button] of this.buttons) {
      button.setAttribute("aria-pressed", String(each === mode));
    }
    this.choice.hidden = mode === "over";
    this.showSlider();
    this.apply();
  }

  private apply(): void {
    const layer = this.opened[Number(this.choice.value)]?.layer;
    const isCompared = layer !== undefined && this.compare.mode !== "over";
    this.stack.compared = isCompared ? { layer, window: this.compare } : null;
    this.redraw();
  }

  private showSlider(): void {
    const slider = this.sliderFor(this.compare.mode);
    this.slider.hidden = slider === null;
    if (slider === null) return;
    const kept = this.slider.querySelector("input");
    if (kept?.name === this.compare.mode) {
      kept.value = String(slider.read());
      kept.setAttribute("aria-valuetext", slider.say(slider.read()));
      return;
    }
    const { least, most, step } = slider;
    const name = this.compare.mode;
    const input = element("input", { type: "range", name, min: least, max: most, step });
    input.value = String(slider.read());
    input.setAttribute("aria-valuetext", slider.say(slider.read()));
    input.addEventListener("input", () => {
      slider.write(Number(input.value));
      input.setAttribute("aria-valuetext", slider.say(slider.read()));
      this.redraw();
    });
    this.slider.replaceChildren(element("label", { class: "mc-field" }, slider.text, input));
  }

  private sliderFor(mode: Comparison): Slider | null {
    const { compare } = this;
    if (mode === "curtain") {
      return {
        text: TEXTS.curtainAt,
        least: 0,
        most: 100,
        step: 1,
        read: () => Math.round(100 * compare.curtain),
        write: (value) => {
          compare.curtain = value / 100;
        },
        say: (value) => `${value} %`,
      };
    }
    if (mode === "lens") {
      return {
        text: TEXTS.lensSize,
        least: LENS_PX.least,
        most: LENS_PX.most,
        step: 5,
        read: () => compare.lensPx,
        write: (value) => {
          compare.lensPx = value;
        },
        say: (value) => TEXTS.pixels(2 * value),
      };
    }
    if (mode === "blink") {
      return {
        text: TEXTS.blinkEvery,
        least: BLINK_S.least,
        most: BLINK_S.most,
        step: 0.25,
        read: () => compare.periodS,
        write: (value) => {
          compare.periodS = value;
        },
        say: (value) => TEXTS.seconds(value),
      };
    }
    return null;
  }
}
