/** The viewer's parts, joined: what one of them changes, the others show. */
import type { Disposable, PickLink, ViewSpec } from "../host";
import type { CubeApi, CubeInfo, Style } from "./api";
import { Controls } from "./controls";
import { toCsv } from "./csv";
import { element } from "./element";
import { Legend } from "./legend";
import { readOptions } from "./options";
import { PickList } from "./picks";
import { Plot } from "./plot";
import { Stage } from "./stage";
import { TEXTS } from "./texts";
import { TileLayer } from "./tiles";
import type { Point } from "./viewport";

export interface WorkbenchEvents {
  hover(pixel: Point | null): void;
  ready(): void;
  /** Tells those who do not see the picture. */
  say(text: string): void;
  complain(error: unknown): void;
}

export class Workbench implements Disposable {
  private style: Style;
  private radius: number;
  private readonly stage: Stage;
  private readonly controls: Controls;
  private readonly plot: Plot;
  private readonly legend: Legend;
  private readonly picks: PickList;

  constructor(
    private readonly spec: ViewSpec,
    info: CubeInfo,
    private readonly api: CubeApi,
    link: PickLink | null,
    private readonly events: WorkbenchEvents,
  ) {
    const options = readOptions(spec, info);
    this.style = options.style;
    this.radius = options.radius;
    this.stage = this.makeStage(info);
    this.controls = this.makeControls(info);
    this.plot = new Plot(info, (nm) => this.controls.showWavelength(nm));
    this.legend = this.makeLegend();
    this.picks = new PickList(
      (x, y, r) => api.spectrum(x, y, r),
      () => this.refresh(),
      events.complain,
      link,
      options.picks,
    );
  }

  get nodes(): HTMLElement[] {
    const side = element("div", { class: "mc-side" }, this.plot.node, this.legend.node);
    const body = element("div", { class: "mc-body" }, this.stage.node, side);
    return [this.controls.node, body];
  }

  /** Shows the picks as they are now. */
  refresh(): void {
    const picked = this.picks?.spectraShown ?? []; // a link may speak while we are being made
    this.stage.setPicked(picked);
    this.plot.update(picked, this.style.bands);
    this.legend.update(picked);
  }

  dispose(): void {
    for (const part of [this.stage, this.plot, this.picks]) part.dispose();
  }

  private makeStage(info: CubeInfo): Stage {
    const { hover, ready, complain } = this.events;
    const makeTiles = (changed: () => void) => new TileLayer(this.api, info, changed, complain);
    const pick = (x: number, y: number) => {
      this.picks.add(x, y, this.radius);
      this.events.say(TEXTS.picked(this.picks.all.at(-1)?.label ?? "", x, y));
    };
    return new Stage(info, makeTiles, this.style, { pick, hover, ready });
  }

  private makeControls(info: CubeInfo): Controls {
    return new Controls(info, this.style, this.radius, {
      style: (style) => {
        this.style = style;
        this.stage.setStyle(style);
        this.refresh();
      },
      radius: (radius) => {
        this.radius = radius;
        this.picks.setRadius(radius);
      },
    });
  }

  private makeLegend(): Legend {
    return new Legend({
      rename: (index, label) => this.picks.rename(index, label),
      remove: (index) => this.picks.remove(index),
      clear: () => this.picks.clear(),
      exportCsv: () => this.exportCsv(),
    });
  }

  private exportCsv(): void {
    const text = toCsv(this.spec, this.picks.spectraShown);
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    const download = `${this.spec.dataset.replace("/", "-")}-spectra.csv`;
    element("a", { href: url, download }).click();
    URL.revokeObjectURL(url);
  }
}
