/** Values along the newest line at the wavelengths shown, over the distance on the object. */
import type { Disposable } from "../host";
import { type Axis, place } from "./axis";
import { labelOf } from "./display";
import { element, svg } from "./element";
import { gridX, gridY, MARGIN, titles } from "./grid";
import type { Region } from "./region";
import type { Profile, RegionApi } from "./region_api";
import type { MarkedRegion } from "./region_list";
import { describePlace, type SpectralAxis } from "./spectral_axis";
import { TEXTS } from "./texts";

const CHANNELS = ["#c8403a", "#4a9a48", "#3f6fd0"] as const;

export interface ProfileFacts {
  readonly quantity: string;
  readonly axis: SpectralAxis;
  readonly pixelSizeMm: number | null;
}

export class ProfilePlot implements Disposable {
  readonly node = element("div", { class: "mc-plot mc-profile", hidden: true });
  private readonly drawing = svg("svg", { role: "img", "aria-label": TEXTS.profile });
  private readonly observer = new ResizeObserver(() => this.render());
  private wanted = "";
  private line: MarkedRegion | null = null;
  private profile: Profile | null = null;

  constructor(
    private readonly facts: ProfileFacts,
    private readonly api: RegionApi,
    private readonly onError: (error: unknown) => void,
  ) {
    this.node.append(this.drawing);
    this.observer.observe(this.node);
  }

  /** What is drawn now, for the export. */
  get shown(): { line: Region; profile: Profile } | null {
    return this.line && this.profile ? { line: this.line.region, profile: this.profile } : null;
  }

  update(regions: readonly MarkedRegion[], bands: readonly number[]): void {
    this.line = regions.findLast(({ region }) => region.shape === "line") ?? null;
    this.node.hidden = this.line === null;
    const wanted = this.line ? JSON.stringify([this.line.region.parts, bands]) : "";
    if (wanted !== this.wanted) {
      this.wanted = wanted;
      this.profile = null;
      if (this.line) void this.read(this.line.region, bands, wanted);
    }
    this.render();
  }

  dispose(): void {
    this.observer.disconnect();
  }

  private async read(line: Region, bands: readonly number[], wanted: string): Promise<void> {
    try {
      const profile = await this.api.profile(line, bands);
      if (wanted !== this.wanted) return; // meanwhile another line or other wavelengths
      this.profile = profile;
      this.render();
    } catch (error) {
      if (wanted === this.wanted) this.onError(error);
    }
  }

  private render(): void {
    const { clientWidth: width, clientHeight: height } = this.node;
    const { profile, line } = this;
    if (width === 0 || height === 0) return;
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    if (!profile || !line) {
      this.drawing.replaceChildren();
      return;
    }
    const size = this.facts.pixelSizeMm ?? 1;
    const along = profile.distance_px.map((distance) => distance * size);
    const x: Axis = {
      from: 0,
      to: along.at(-1) || 1,
      start: MARGIN.left,
      end: Math.max(width - MARGIN.right, MARGIN.left + 40),
    };
    const y = valueAxis(profile, height);
    const across = this.facts.pixelSizeMm === null ? TEXTS.profilePixels : TEXTS.profileMm;
    this.drawing.replaceChildren(
      ...gridX(x, y),
      ...gridY(x, y),
      ...titles(x, y, height, across(line.mark), labelOf("recorded", this.facts.quantity)),
      ...profile.values.map((values, index) => this.path(along, values, index, x, y)),
    );
  }

  private path(
    along: readonly number[],
    values: readonly (number | null)[],
    index: number,
    x: Axis,
    y: Axis,
  ): SVGElement {
    const { profile, line } = this;
    const isColour = profile?.values.length === CHANNELS.length;
    const stroke = (isColour ? CHANNELS[index] : line?.color) ?? CHANNELS[0];
    let d = "";
    let isDown = false;
    values.forEach((value, sample) => {
      if (value !== null) {
        d += `${isDown ? "L" : "M"}${place(x, along[sample] ?? 0).toFixed(1)} ${place(y, value).toFixed(1)}`;
      }
      isDown = value !== null;
    });
    const title = svg(
      "title",
      {},
      profile ? describePlace(this.facts.axis, profile.coordinate[index] ?? 0) : "",
    );
    return svg("path", { class: "mc-profile-line", d, stroke }, title);
  }
}

function valueAxis(profile: Profile, height: number): Axis {
  const values = profile.values.flat().filter((value) => value !== null);
  const low = values.reduce((least, value) => Math.min(least, value), 0);
  const high = values.reduce((most, value) => Math.max(most, value), low);
  const start = Math.max(height - MARGIN.bottom, MARGIN.top + 20);
  return {
    from: low,
    to: high > low ? high + 0.06 * (high - low) : low + 1,
    start,
    end: MARGIN.top,
  };
}
