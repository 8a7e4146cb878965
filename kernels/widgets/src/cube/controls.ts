/** The row of controls: what is shown, its contrast, and the size of a spot. */
import type { CubeInfo, Histogram, Style } from "./api";
import { nearestPlace } from "./api";
import { Contrast } from "./contrast";
import { element } from "./element";
import type { ElementLine } from "./element_lines";
import { limitsAt } from "./histogram";
import { describePreset, type Preset, presetsOf } from "./presets";
import { describePlace, isCounted, type SpectralAxis } from "./spectral_axis";
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
  private counted: readonly [number, number] | null = null;

  constructor(
    private readonly info: CubeInfo,
    style: Style,
    radius: number,
    private readonly events: ControlEvents,
    private readonly lines: readonly ElementLine[] = [],
  ) {
    this.style = style;
    this.presets = this.makePresets();
    this.slider = this.makeSlider();
    const along = wordsOf(info.axis);
    this.channels = [TEXTS.red, TEXTS.green, TEXTS.blue].map((name, index) =>
      this.makeChannel(name(along), index),
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
      element(
        "label",
        { class: "mc-field mc-wide" },
        TEXTS.single[info.axis.name],
        this.slider,
        this.output,
      ),
      ...(isCounted(info.axis) ? [this.makeWindow()] : []),
      this.rgb,
      this.contrast.node,
      element("label", { class: "mc-field" }, TEXTS.radius, this.makeRadius(radius)),
      this.contrast.strip,
    );
    this.render();
  }

  /** Shows one place on the axis as grey. */
  showPlace(place: number): void {
    this.set({ ...this.style, bands: [nearestPlace(this.info, place)] });
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
    const shown = `${bands.join()} ${this.style.illuminant ?? ""} ${this.style.window ?? ""}`;
    const isNew = shown !== this.shown;
    this.shown = shown;
    if (isNew) this.counted = null;
    this.contrast.show({ low, high }, isNew);
    if (isNew && this.style.window && low === null) void this.count();
  }

  /** Limits of added counts: those of single bands don't tell them. */
  private async count(): Promise<void> {
    const { shown } = this;
    try {
      const found = await this.events.histogram(this.style);
      if (shown !== this.shown) return;
      this.counted = limitsAt(found, 1, 99);
      this.contrast.show({ low: this.style.low, high: this.style.high }, false);
    } catch (error) {
      this.events.complain(error);
    }
  }

  /** A place on the axis, and whether its band is known to be bad. */
  private nameOf(place: number): string {
    const isGood = this.info.good_band?.[this.indexOf(place)] ?? true;
    const name = describePlace(this.info.axis, place);
    return isGood ? name : TEXTS.badBand(name);
  }

  /** What the server takes when no limits are given: the widest percentiles of the bands. */
  private automaticLimits(): readonly [number, number] {
    if (this.style.bands.length === 0) return [0, 1];
    if (this.style.window) return this.counted ?? [Number.NaN, Number.NaN];
    const { low, high } = this.info.limits;
    const indexes = this.style.bands.map((each) => this.indexOf(each));
    const least = Math.min(...indexes.map((index) => low[index] ?? 0));
    const most = Math.max(...indexes.map((index) => high[index] ?? 1));
    return [Number(least.toFixed(3)), Number(most.toFixed(3))];
  }

  private indexOf(place: number): number {
    return this.info.coordinate.indexOf(nearestPlace(this.info, place));
  }

  private makePresets(): { button: HTMLButtonElement; preset: Preset }[] {
    return presetsOf(this.info, this.lines).map((preset) => {
      const title = describePreset(preset, this.info.axis);
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
    const last = this.info.coordinate.length - 1;
    const slider = element("input", { type: "range", min: 0, max: last, step: 1 });
    slider.addEventListener("input", () => {
      const place = this.info.coordinate[Number(slider.value)];
      if (place !== undefined) this.set({ ...this.style, bands: [place] });
    });
    return slider;
  }

  private makeChannel(name: string, index: number): HTMLInputElement {
    const { coordinate } = this.info;
    const channel = ["red", "green", "blue"][index] ?? "";
    const input = element("input", {
      type: "number",
      class: `mc-channel mc-${channel}`,
      "aria-label": name,
      title: name,
      min: coordinate[0] ?? 0,
      max: coordinate.at(-1) ?? 0,
      step: "any",
    });
    input.addEventListener("change", () => {
      const current = this.style.bands.length === 3 ? this.style.bands : this.info.default_rgb;
      const bands = current.map((each, at) =>
        nearestPlace(this.info, at === index ? input.valueAsNumber || each : each),
      );
      this.set({ ...this.style, bands });
    });
    return input;
  }

  /** Over which width counts are added. */
  private makeWindow(): HTMLElement {
    const { units } = this.info.axis;
    const title = TEXTS.windowTitle(units);
    const step = units === "" ? 1 : 0.01;
    const value = this.style.window ?? 0;
    const input = element("input", { type: "number", min: 0, step, value, title });
    input.addEventListener("change", () => {
      const window = Math.max(input.valueAsNumber || 0, 0);
      input.value = String(window);
      this.set({ ...this.style, window, low: null, high: null });
    });
    return element("label", { class: "mc-field" }, TEXTS.window, input, units);
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

/** As in `wavelength in nm`. */
function wordsOf({ name, units }: SpectralAxis): string {
  return units === "" ? TEXTS.axes[name] : `${TEXTS.axes[name]} in ${units}`;
}
