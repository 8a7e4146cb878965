/**
 * Beside the image: spectra of spots, regions and libraries, their plot, their list, and
 * their marks on the image.
 */
import type { Disposable, ViewLink, ViewSpec } from "../host";
import type { CubeApi, CubeInfo } from "./api";
import { columnsOf, profileToCsv, toCsv } from "./csv";
import type { Curve } from "./curves";
import { type Display, displayOf, displaysOf, type Series, shown } from "./display";
import { element } from "./element";
import { Legend } from "./legend";
import { LibraryBox } from "./library_box";
import { drawMarkers } from "./marks";
import type { CubeOptions } from "./options";
import type { Overlay } from "./overlay";
import { PICKS, PickList } from "./picks";
import { Plot } from "./plot";
import { ProfilePlot } from "./profile_plot";
import { REGIONS, toGeoJson } from "./region";
import { RegionApi } from "./region_api";
import { pooled, RegionList } from "./region_list";
import { type Drawn, RegionTools } from "./region_tools";
import { isCounted } from "./spectral_axis";
import { TEXTS } from "./texts";

const MEAN_COLOR = "#57534a";

export interface SpectraEvents {
  /** What lies over the image has changed. */
  redraw(): void;
  /** A region is being drawn. */
  begin(): void;
  /** A place on the axis was chosen in the plot. */
  place(place: number): void;
  /** Tells those who do not see the picture. */
  say(text: string): void;
  complain(error: unknown): void;
}

export class SpectraPanel implements Disposable {
  readonly node: HTMLElement;
  /** Above the image: what draws regions. */
  readonly tools: HTMLElement;
  private readonly drawing: RegionTools;
  /** What is drawn over the image, lowest first. */
  readonly overlays: readonly Overlay[];
  private radius: number;
  private bands: readonly number[];
  private display: Display;
  private isMeanShown = false;
  private readonly bad: ReadonlySet<number>;
  private readonly plot: Plot;
  private readonly profile: ProfilePlot;
  private readonly legend: Legend;
  private readonly library: LibraryBox;
  private readonly picks: PickList;
  private readonly regions: RegionList;

  constructor(
    private readonly spec: ViewSpec,
    private readonly info: CubeInfo,
    api: CubeApi,
    link: ViewLink | null,
    options: CubeOptions,
    private readonly events: SpectraEvents,
  ) {
    const regionApi = new RegionApi(api.host, spec);
    this.radius = options.radius;
    this.bands = options.style.bands;
    this.display = displayOf(info.quantity);
    this.bad = new Set(info.coordinate.filter((_, band) => info.good_band[band] === false));
    this.plot = new Plot(info, events.place, options.lines);
    this.profile = this.makeProfile(regionApi);
    this.library = new LibraryBox(regionApi, () => this.refresh(), events.complain);
    this.legend = this.makeLegend();
    const tools = this.makeTools();
    this.drawing = tools;
    this.tools = tools.node;
    const markers: Overlay = {
      draw: (context, view, stage) => drawMarkers(context, view, stage, this.picks?.marked ?? []),
    };
    this.overlays = [tools, markers];
    this.node = element(
      "div",
      { class: "mc-side" },
      this.makeDisplays(),
      this.plot.node,
      this.profile.node,
      this.legend.node,
      ...(isCounted(info.axis) ? [] : [this.library.node]),
    );
    this.picks = new PickList(
      (x, y, r) => api.spectrum(x, y, r),
      () => this.refresh(),
      events.complain,
      link?.list(PICKS) ?? null,
      options.picks,
    );
    this.regions = new RegionList(
      (region) => regionApi.spectrum(region),
      () => this.refresh(),
      events.complain,
      link?.list(REGIONS) ?? null,
      options.regions,
    );
  }

  pick(x: number, y: number): void {
    this.picks.add(x, y, this.radius);
    this.events.say(TEXTS.picked(this.picks.all.at(-1)?.label ?? "", x, y));
  }

  /** Ends the drawing of regions. */
  rest(): void {
    this.drawing.rest();
  }

  setRadius(radius: number): void {
    this.radius = radius;
    this.picks.setRadius(radius);
  }

  setBands(bands: readonly number[]): void {
    this.bands = bands;
    this.refresh();
  }

  /** Shows the marks as they are now. */
  refresh(): void {
    if (!this.picks || !this.regions) return; // a link may speak while we are being made
    const regions = this.regions.marked;
    this.plot.update(this.curves(), this.bands, this.display);
    this.profile.update(regions, this.bands.length > 0 ? this.bands : this.info.default_rgb);
    this.legend.update(this.picks.spectraShown, this.picks.all.length, regions);
    this.events.redraw();
  }

  dispose(): void {
    for (const part of [this.plot, this.profile, this.picks, this.regions]) part.dispose();
  }

  private curves(): Curve[] {
    const { quantity } = this.info;
    const show = (series: Series) =>
      shown(series, quantity, this.display, (place) => !this.bad.has(place));
    const measured = (
      found: { coordinate: number[]; mean: Series["mean"]; std: Series["mean"] } | null,
    ) => found && show({ places: found.coordinate, mean: found.mean, std: found.std });
    const regions = this.regions.marked;
    const mean = this.isMeanShown
      ? pooled(regions.flatMap(({ spectrum }) => spectrum ?? []))
      : null;
    return [
      ...this.library.curves(this.display, quantity),
      ...this.picks.spectraShown.map(({ pick, number, color, spectrum }) => ({
        name: pick.label,
        mark: String(number),
        color,
        series: measured(spectrum),
        isReference: false,
      })),
      ...regions.map(({ region, mark, color, spectrum }) => ({
        name: region.label,
        mark,
        color,
        series: measured(spectrum),
        isReference: false,
      })),
      ...(mean
        ? [
            {
              name: TEXTS.meanOfRegions,
              mark: "x̄",
              color: MEAN_COLOR,
              series: show(mean),
              isReference: false,
            },
          ]
        : []),
    ];
  }

  private makeDisplays(): HTMLElement {
    const known = displaysOf(this.info.quantity);
    const select = element(
      "select",
      {},
      ...known.map((each) => element("option", { value: each }, TEXTS.displays[each])),
    );
    select.value = this.display;
    if (!known.includes("reflectance")) select.title = TEXTS.onlyReflectance;
    select.addEventListener("change", () => {
      this.display = known.find((each) => each === select.value) ?? this.display;
      this.refresh();
    });
    return element("label", { class: "mc-field mc-display" }, TEXTS.display, select);
  }

  private makeTools(): RegionTools {
    return new RegionTools(this.info, {
      add: (drawn) => this.draw(drawn),
      extend: (stroke) => this.extend(stroke),
      regions: () => this.regions?.marked ?? [],
      redraw: () => this.events.redraw(),
      begin: () => this.events.begin(),
      say: this.events.say,
    });
  }

  private draw(drawn: Drawn): void {
    const region = this.regions.add(drawn);
    if (region) this.events.say(TEXTS.regionDrawn(region.label));
  }

  private extend(stroke: Drawn["parts"][number]): boolean {
    const last = this.regions.all.at(-1);
    if (last?.shape !== "brush") return false;
    const parts = [...last.parts, stroke];
    const drawn = { parts, radius: last.radius };
    if (!REGIONS.is({ ...last, ...drawn })) return false; // more points than a region may have
    this.regions.redraw(last.id, drawn);
    return true;
  }

  private makeProfile(api: RegionApi): ProfilePlot {
    const { quantity, axis, pixel_size_mm: pixelSizeMm } = this.info;
    return new ProfilePlot({ quantity, axis, pixelSizeMm }, api, this.events.complain);
  }

  private makeLegend(): Legend {
    return new Legend({
      rename: (index, label) => this.picks.rename(index, label),
      remove: (index) => this.picks.remove(index),
      clear: () => this.picks.clear(),
      renameRegion: (id, label) => this.regions.rename(id, label),
      removeRegion: (id) => this.regions.remove(id),
      clearRegions: () => this.regions.clear(),
      showMean: (isShown) => {
        this.isMeanShown = isShown;
        this.refresh();
      },
      exportCsv: () => void this.exportCsv(),
      exportGeoJson: () => this.exportGeoJson(),
      exportProfile: () => this.exportProfile(),
    });
  }

  private async exportCsv(): Promise<void> {
    try {
      const picked = await this.picks.readAll((read) => this.events.say(TEXTS.reading(read)));
      const columns = columnsOf(picked, this.regions.marked);
      this.save("spectra.csv", "text/csv", toCsv(this.spec, this.info, columns));
    } catch (error) {
      this.events.complain(error);
    }
  }

  private exportGeoJson(): void {
    const regions = this.regions.marked.map((each) => ({
      ...each,
      count: each.spectrum?.count ?? null,
    }));
    const text = toGeoJson(this.spec, this.info.pixel_size_mm, regions);
    this.save("regions.geojson", "application/geo+json", text);
  }

  private exportProfile(): void {
    const { shown: known } = this.profile;
    if (!known) return;
    const text = profileToCsv(this.spec, this.info, this.info.pixel_size_mm, known.profile);
    this.save("profile.csv", "text/csv", text);
  }

  private save(name: string, type: string, text: string): void {
    const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
    const download = `${this.spec.dataset.replace("/", "-")}-${name}`;
    element("a", { href: url, download }).click();
    URL.revokeObjectURL(url);
  }
}
