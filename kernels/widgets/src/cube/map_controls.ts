/** What is chosen of a map: which plane, on which ramp of colours, between which values. */
import { Contrast } from "./contrast";
import { element } from "./element";
import type { MapApi, MapInfo, MapStyle } from "./map_api";
import { limitsOf, mapLegend } from "./map_legend";
import { TEXTS } from "./texts";

export interface MapEvents {
  style(style: MapStyle): void;
  complain(error: unknown): void;
}

export class MapControls {
  readonly node = element("div", { class: "mc-mapcontrols" });
  readonly legend = element("div", { class: "mc-legendbox" });
  private readonly contrast: Contrast | null;

  constructor(
    private readonly info: MapInfo,
    api: MapApi,
    private style: MapStyle,
    private readonly events: MapEvents,
  ) {
    this.contrast = info.kind === "classes" ? null : this.makeContrast(api);
    if (info.planes.length > 1) this.node.append(this.makePlane());
    if (info.kind === "values") this.node.append(this.makeRamp());
    if (this.contrast) this.node.append(this.contrast.node, this.contrast.strip);
    this.render(true);
  }

  private set(style: MapStyle): void {
    const isNew = style.plane !== this.style.plane;
    this.style = style;
    this.render(isNew);
    this.events.style(style);
  }

  private render(isNew: boolean): void {
    this.contrast?.show(this.style, isNew);
    this.legend.replaceChildren(mapLegend(this.info, this.style));
  }

  private makeContrast(api: MapApi): Contrast {
    return new Contrast({
      histogram: () => api.histogram(this.style),
      automatic: () => limitsOf(this.info, { ...this.style, low: null, high: null }),
      change: ({ low, high }) => this.set({ ...this.style, low, high }),
      complain: this.events.complain,
    });
  }

  private makePlane(): HTMLElement {
    const options = this.info.planes.map(({ name, note }, index) =>
      element("option", { value: index }, note === "" ? name : TEXTS.noted(name)),
    );
    const select = element("select", {}, ...options);
    select.value = String(this.style.plane);
    select.addEventListener("change", () =>
      this.set({ ...this.style, plane: Number(select.value), low: null, high: null }),
    );
    return element("label", { class: "mc-field" }, TEXTS.plane, select);
  }

  private makeRamp(): HTMLElement {
    const options = this.info.ramps.map(({ name }) => element("option", { value: name }, name));
    const select = element("select", {}, ...options);
    select.value = this.style.ramp;
    select.addEventListener("change", () => this.set({ ...this.style, ramp: select.value }));
    return element("label", { class: "mc-field" }, TEXTS.ramp, select);
  }
}
