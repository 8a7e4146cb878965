/** The viewer's parts, joined: what one of them changes, the others show. */
import type { Disposable, ViewLink, ViewSpec } from "../host";
import type { CubeApi, CubeInfo, Style } from "./api";
import { Controls } from "./controls";
import { element } from "./element";
import { type Layer, LayerStack } from "./layer";
import { LayersPanel } from "./layers_panel";
import type { OpenLayer } from "./opening";
import { type CubeOptions, readOptions, readPoints } from "./options";
import { PointsPanel } from "./points_panel";
import { SpectraPanel } from "./spectra_panel";
import { Stage } from "./stage";
import type { Point } from "./viewport";

export interface WorkbenchEvents {
  hover(pixel: Point | null): void;
  ready(): void;
  /** Tells those who do not see the picture. */
  say(text: string): void;
  complain(error: unknown): void;
}

export class Workbench implements Disposable {
  readonly nodes: readonly HTMLElement[];
  private readonly stage: Stage;
  private readonly layers: LayersPanel;
  private readonly points: PointsPanel | null = null;
  private readonly controls: Controls | null = null;
  private readonly spectra: SpectraPanel | null = null;

  /** @param opened The base first. */
  constructor(
    spec: ViewSpec,
    private readonly opened: readonly [OpenLayer, ...OpenLayer[]],
    link: ViewLink | null,
    private readonly events: WorkbenchEvents,
  ) {
    const [{ layer, cube }] = opened;
    const redraw = () => this.stage.draw();
    const all = opened.map((each) => each.layer);
    const stack = new LayerStack(all, redraw, events.complain);
    this.stage = this.makeStage(stack);
    this.layers = new LayersPanel(opened, stack, redraw);
    this.stage.add(this.layers.compare);
    if (cube !== null) {
      const options = readOptions(spec, cube.info);
      this.controls = this.makeControls(layer, cube, options);
      this.spectra = this.makeSpectra(spec, cube, link, options);
      for (const overlay of this.spectra.overlays) this.stage.add(overlay);
    }
    if (opened.length > 1) {
      this.points = this.makePoints(spec, stack, link);
      this.stage.add(this.points.tool);
    }
    this.nodes = this.arrange();
  }

  /** Draws again what has changed. */
  refresh(): void {
    this.spectra?.refresh();
    this.stage.draw();
  }

  dispose(): void {
    for (const part of [this.stage, this.layers, this.points, this.spectra]) part?.dispose();
  }

  private arrange(): HTMLElement[] {
    const side = this.spectra ? [this.spectra.node] : [];
    const body = element("div", { class: "mc-body" }, this.stage.node, ...side);
    body.classList.toggle("mc-alone", side.length === 0);
    const needsLayers = this.opened.length > 1 || this.controls === null;
    return [
      ...(this.controls ? [this.controls.node] : []),
      ...(this.spectra ? [this.spectra.tools] : []),
      body,
      ...(needsLayers ? [this.layers.node] : []),
      ...(this.points ? [this.points.node] : []),
    ];
  }

  private makeStage(stack: LayerStack): Stage {
    const [{ layer, pixelSizeMm }] = this.opened;
    const { width, height } = layer.geometry;
    return new Stage({ width, height, pixel_size_mm: pixelSizeMm }, stack, {
      pick: (x, y) => this.spectra?.pick(x, y),
      hover: this.events.hover,
      ready: this.events.ready,
    });
  }

  private makePoints(spec: ViewSpec, stack: LayerStack, link: ViewLink | null): PointsPanel {
    return new PointsPanel(this.opened, stack, link, readPoints(spec), {
      redraw: () => this.stage.draw(),
      begin: () => this.spectra?.rest(),
      say: this.events.say,
      complain: this.events.complain,
    });
  }

  private makeControls(
    layer: Layer,
    { info, api }: { info: CubeInfo; api: CubeApi },
    options: CubeOptions,
  ): Controls {
    const events = {
      style: (style: Style) => {
        layer.look = api.look(style);
        this.stage.draw();
        this.spectra?.setBands(style.bands);
      },
      radius: (radius: number) => this.spectra?.setRadius(radius),
      histogram: (style: Style) => api.histogram(style),
      complain: this.events.complain,
    };
    return new Controls(info, options.style, options.radius, events, options.lines);
  }

  private makeSpectra(
    spec: ViewSpec,
    { info, api }: { info: CubeInfo; api: CubeApi },
    link: ViewLink | null,
    options: CubeOptions,
  ): SpectraPanel {
    return new SpectraPanel(spec, info, api, link, options, {
      redraw: () => this.stage.draw(),
      begin: () => this.points?.rest(),
      place: (place) => this.controls?.showPlace(place),
      say: this.events.say,
      complain: this.events.complain,
    });
  }
}
