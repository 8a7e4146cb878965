/** The row of controls: what is shown, its contrast, and the size of a spot. */
import type { CubeInfo, Histogram, Style } from "./api";
import { nearestWavelength } from "./api";
import { Contrast } from "./contrast";
import { element } from "./element";
import { describePreset, type Preset, presetsOf } from "./presets";
import { TEXTS } from "./texts";

export const MAX_RADIUS_PX = 50;

export interface ControlEvents {
  style(style: Style): void;
  radius(radius: number): void;
  histogram(style: Style): Promise<Histogram>;
  complain(error: unknown): void;
}

export class Controls {
  readonly node: HTMLElement;
  private style: Style;
  private readonly presets: readonly { button: HTMLButtonElement; preset: Preset }[];
  private readonly slider: HTMLInputElement;
  private readonly output = element("output", { class: "mc-value" });
  private readonly channels: readonly HTMLInputElement[];
  private readonly rgb: HTMLElement;
  private readonly light: HTMLElement;
  private readonly illuminant: HTMLSelectElement;
  private readonly contrast: Contrast;
  private shown = "";

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
    this.illuminant = this.makeIlluminant();
    this.light = element("label", { class: "mc-field" }, TEXTS.illuminant, this.illuminant);
    this.contrast = new Contrast({
      histogram: () => events.histogram(this.style),
      automatic: () => this.automaticLimits(),
      change: (limits) => this.set({ ...this.style, ...limits }),
      complain: events.complain,
    });
    this.node = element(
      "div",
      { class: "mc-controls" },
      element(
        "div",
        { class: "mc-presets", role: "group", "aria-label": TEXTS.shown },
        ...this.presets.map(({ button }) => button),
      ),
      this.light,
      element("label", { class: "mc-field mc-wide" }, TEXTS.wavelength, this.slider, this.output),
      this.rgb,
      this.contrast.node,
      element("label", { class: "mc-field" }, TEXTS.radius, this.makeRadius(radius)),
      this.contrast.strip,
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
    const text = single === undefined ? TEXTS.notShown : this.nameOf(single);
    this.output.value = text;
    this.slider.setAttribute("aria-valuetext", text);
    this.slider.classList.toggle("mc-idle", single === undefined);
    this.rgb.hidden = bands.length !== this.channels.length;
    this.channels.forEach((input, index) => {
      input.value = String(bands[index] ?? "");
    });
    this.light.hidden = bands.length > 0 || this.illuminant.options.length < 2;
    const shown = `${bands.join()} ${this.style.illuminant ?? ""}`;
    this.contrast.show({ low, high }, shown !== this.shown);
    this.shown = shown;
  }

  /** A wavelength, and whether its band is known to be bad. */
  private nameOf(nm: number): string {
    const isGood = this.info.good_band?.[this.indexOf(nm)] ?? true;
    return isGood ? `${nm} nm` : TEXTS.badBand(nm);
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
    return presetsOf(this.info).map((preset) => {
      const title = describePreset(preset);
      const button = element("button", { type: "button", title }, preset.text);
      button.addEventListener("click", () =>
        this.set({ ...this.style, bands: preset.bands, low: null, high: null }),
      );
      return { button, preset };
    });
  }

  private makeIlluminant(): HTMLSelectElement {
    const known = this.info.illuminants ?? [];
    const select = element(
      "select",
      { title: TEXTS.illuminantTitle },
      ...known.map((name) => element("option", { value: name }, name)),
    );
    select.value = this.style.illuminant ?? known[0] ?? "";
    select.addEventListener("change", () => this.set({ ...this.style, illuminant: select.value }));
    return select;
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
