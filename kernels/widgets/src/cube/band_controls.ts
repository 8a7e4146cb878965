/** What is chosen of a cube that lies over another image: a known way to show it, or one band. */
import { type CubeInfo, nearestPlace, type Style } from "./api";
import { element } from "./element";
import { describePreset, presetsOf } from "./presets";
import { titleOf } from "./spectral_axis";
import { TEXTS } from "./texts";

const SINGLE = "single";

export class BandControls {
  readonly node: HTMLElement;
  private readonly band: HTMLElement;

  constructor(
    private readonly info: CubeInfo,
    private style: Style,
    private readonly onChange: (style: Style) => void,
  ) {
    const presets = presetsOf(info).filter(({ bands }) => bands.length !== 1);
    const select = element(
      "select",
      {},
      ...presets.map((preset, index) =>
        element("option", { value: index, title: describePreset(preset, info.axis) }, preset.text),
      ),
      element("option", { value: SINGLE }, TEXTS.single[info.axis.name]),
    );
    const same = presets.findIndex(({ bands }) => bands.join() === style.bands.join());
    select.value = same < 0 ? SINGLE : String(same);
    this.band = this.makeBand();
    this.band.hidden = same >= 0;
    select.addEventListener("change", () => {
      const preset = presets[Number(select.value)];
      this.band.hidden = preset !== undefined;
      this.set(preset?.bands ?? [this.first]);
    });
    const field = element("label", { class: "mc-field" }, TEXTS.showing, select);
    this.node = element("div", { class: "mc-mapcontrols" }, field, this.band);
  }

  private get first(): number {
    return this.style.bands[0] ?? this.info.default_rgb[0] ?? nearestPlace(this.info, 0);
  }

  private makeBand(): HTMLElement {
    const { axis, coordinate } = this.info;
    const input = element("input", {
      type: "number",
      min: coordinate[0] ?? 0,
      max: coordinate.at(-1) ?? 0,
      step: "any",
      value: this.first,
      "aria-label": titleOf(axis),
    });
    input.addEventListener("change", () => {
      const found = nearestPlace(this.info, input.valueAsNumber || this.first);
      input.value = String(found);
      this.set([found]);
    });
    return element("span", { class: "mc-field" }, input, axis.units);
  }

  private set(bands: readonly number[]): void {
    this.style = { ...this.style, bands, low: null, high: null };
    this.onChange(this.style);
  }
}
