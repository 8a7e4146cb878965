/** What is chosen of a cube that lies over another image: a known way to show it, or one band. */
import { type CubeInfo, nearestWavelength, type Style } from "./api";
import { element } from "./element";
import { describePreset, presetsOf } from "./presets";
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
        element("option", { value: index, title: describePreset(preset) }, preset.text),
      ),
      element("option", { value: SINGLE }, TEXTS.wavelength),
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
    return this.style.bands[0] ?? this.info.default_rgb[0] ?? nearestWavelength(this.info, 0);
  }

  private makeBand(): HTMLElement {
    const nm = this.info.wavelength_nm;
    const input = element("input", {
      type: "number",
      min: Math.min(...nm),
      max: Math.max(...nm),
      step: "any",
      value: this.first,
      "aria-label": TEXTS.wavelengthNm,
    });
    input.addEventListener("change", () => {
      const found = nearestWavelength(this.info, input.valueAsNumber || this.first);
      input.value = String(found);
      this.set([found]);
    });
    return element("span", { class: "mc-field" }, input, "nm");
  }

  private set(bands: readonly number[]): void {
    this.style = { ...this.style, bands, low: null, high: null };
    this.onChange(this.style);
  }
}
