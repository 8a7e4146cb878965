/** The row of controls: what is shown, its contrast, and the size of a spot. */
import type { CubeInfo, Style } from "./api";
import { nearestWavelength } from "./api";
import { element } from "./element";
import { TEXTS } from "./texts";

export const MAX_RADIUS_PX = 50;

export interface ControlEvents {
  style(style: Style): void;
  radius(radius: number): void;
}

interface Preset {
  readonly text: string;
  readonly bands: readonly number[];
}

export class Controls {
  readonly node: HTMLElement;
  private style: Style;
  private readonly presets: readonly { button: HTMLButtonElement; preset: Preset }[];
  private readonly slider: HTMLInputElement;
  private readonly output = element("output", { class: "mc-value" });
  private readonly channels: readonly HTMLInputElement[];
  private readonly rgb: HTMLElement;
  private readonly low: HTMLInputElement;
  private readonly high: HTMLInputElement;
  private readonly auto: HTMLButtonElement;

  constructor(
    private readonly info: CubeInfo,
    style: Style,
    radius: number,
    private readonly events: ControlEvents,
  ) {
    this.style = style;
    this.presets = this.makePresets();
    this.slider = this.makeSlider();
    this.channels = [TEXTS.red, TEXTS.green, TEXTS.blue].map((name, index) =>
      this.makeChannel(name, index),
    );
    this.rgb = element(
      "span",
      { class: "mc-field", role: "group", "aria-label": TEXTS.channels },
      TEXTS.channels,
      ...this.channels,
    );
    this.low = this.makeLimit(TEXTS.darkest);
    this.high = this.makeLimit(TEXTS.brightest);
    this.auto = element(
      "button",
      { type: "button", "aria-label": TEXTS.automaticContrast },
      TEXTS.automatic,
    );
    this.auto.addEventListener("click", () => this.set({ ...this.style, low: null, high: null }));
    this.node = element(
      "div",
      { class: "mc-controls" },
      element(
        "div",
        { class: "mc-presets", role: "group", "aria-label": TEXTS.shown },
        ...this.presets.map(({ button }) => button),
      ),
      element("label", { class: "mc-field mc-wide" }, TEXTS.wavelength, this.slider, this.output),
      this.rgb,
      element(
        "span",
        { class: "mc-field", role: "group", "aria-label": TEXTS.contrast },
        TEXTS.contrast,
        this.low,
        this.high,
        this.auto,
      ),
      element("label", { class: "mc-field" }, TEXTS.radius, this.makeRadius(radius)),
    );
    this.render();
  }

  /** Shows one wavelength as grey. */
  showWavelength(nm: number): void {
    this.set({ ...this.style, bands: [nearestWavelength(this.info, nm)] });
  }

  private set(style: Style): void {
    this.style = style;
    this.render();
    this.events.style(style);
  }

  private render(): void {
    const { bands, low, high } = this.style;
    const single = bands.length === 1 ? bands[0] : undefined;
    for (const { button, preset } of this.presets) {
      button.setAttribute("aria-pressed", String(preset.bands.join() === bands.join()));
    }
    if (single !== undefined) this.slider.value = String(this.indexOf(single));
    const text = single === undefined ? TEXTS.notShown : `${single} nm`;
    this.output.value = text;
    this.slider.setAttribute("aria-valuetext", text);
    this.slider.classList.toggle("mc-idle", single === undefined);
    this.rgb.hidden = bands.length !== this.channels.length;
    this.channels.forEach((input, index) => {
      input.value = String(bands[index] ?? "");
    });
    const [autoLow, autoHigh] = this.automaticLimits();
    this.low.value = String(low ?? autoLow);
    this.high.value = String(high ?? autoHigh);
    this.auto.setAttribute("aria-pressed", String(low === null));
  }

  /** What the server takes when no limits are given: the widest percentiles of the bands. */
  private automaticLimits(): [number, number] {
    if (this.style.bands.length === 0) return [0, 1];
    const { low, high } = this.info.limits;
    const indexes = this.style.bands.map((nm) => this.indexOf(nm));
    const least = Math.min(...indexes.map((index) => low[index] ?? 0));
    const most = Math.max(...indexes.map((index) => high[index] ?? 1));
    return [Number(least.toFixed(3)), Number(most.toFixed(3))];
  }

  private indexOf(nm: number): number {
    return this.info.wavelength_nm.indexOf(nearestWavelength(this.info, nm));
  }

  private makePresets(): { button: HTMLButtonElement; preset: Preset }[] {
    const nm = this.info.wavelength_nm;
    const [from, to] = [Math.min(...nm) - 10, Math.max(...nm) + 10];
    const known: Preset[] = [
      ...(this.info.has_daylight ? [{ text: TEXTS.daylight, bands: [] }] : []),
      { text: TEXTS.threeBands, bands: [650, 550, 450] },
      { text: TEXTS.infrared, bands: [900, 650, 550] },
      { text: TEXTS.nearInfrared, bands: [950] },
    ];
    return known
      .filter(({ bands }) => bands.every((each) => each >= from && each <= to))
      .map(({ text, bands }) => {
        const preset = { text, bands: bands.map((each) => nearestWavelength(this.info, each)) };
        const nm = preset.bands.length > 0 ? `${preset.bands.join(", ")} nm` : TEXTS.daylightTitle;
        const title = `${text}: ${nm}`;
        const button = element("button", { type: "button", title }, text);
        button.addEventListener("click", () =>
          this.set({ bands: preset.bands, low: null, high: null }),
        );
        return { button, preset };
      });
  }

  private makeSlider(): HTMLInputElement {
    const last = this.info.wavelength_nm.length - 1;
    const slider = element("input", { type: "range", min: 0, max: last, step: 1 });
    slider.addEventListener("input", () => {
      const nm = this.info.wavelength_nm[Number(slider.value)];
      if (nm !== undefined) this.set({ ...this.style, bands: [nm] });
    });
    return slider;
  }

  private makeChannel(name: string, index: number): HTMLInputElement {
    const nm = this.info.wavelength_nm;
    const channel = ["red", "green", "blue"][index] ?? "";
    const input = element("input", {
      type: "number",
      class: `mc-channel mc-${channel}`,
      "aria-label": name,
      title: name,
      min: Math.min(...nm),
      max: Math.max(...nm),
      step: "any",
    });
    input.addEventListener("change", () => {
      const current = this.style.bands.length === 3 ? this.style.bands : this.info.default_rgb;
      const bands = current.map((each, at) =>
        nearestWavelength(this.info, at === index ? input.valueAsNumber || each : each),
      );
      this.set({ ...this.style, bands });
    });
    return input;
  }

  private makeLimit(name: string): HTMLInputElement {
    const input = element("input", { type: "number", step: 0.05, "aria-label": name, title: name });
    input.addEventListener("change", () => {
      const [low, high] = [this.low.valueAsNumber, this.high.valueAsNumber];
      if (Number.isFinite(low) && Number.isFinite(high) && low < high) {
        this.set({ ...this.style, low, high });
      } else {
        this.render();
      }
    });
    return input;
  }

  private makeRadius(radius: number): HTMLInputElement {
    const input = element("input", {
      type: "number",
      min: 0,
      max: MAX_RADIUS_PX,
      step: 1,
      value: radius,
      "aria-label": TEXTS.radiusName,
    });
    input.addEventListener("change", () => {
      const wanted = Math.round(input.valueAsNumber || 0);
      input.value = String(Math.min(Math.max(wanted, 0), MAX_RADIUS_PX));
      this.events.radius(Number(input.value));
    });
    return input;
  }
}
