/** One scan on screen: keeps camera, pages, panel and picture in step. */
import type { Disposable, ViewerHost, ViewSpec } from "../host";
import { chooseCut, drawable, type Graph, makeGraph, visibleClusters } from "./cut";
import type { ScanHead } from "./format";
import { isSoftware } from "./graphics";
import { readOptions, type ScanOptions } from "./options";
import { type Orbit, OrbitControls } from "./orbit";
import { PageStore } from "./pages";
import { Panel } from "./panel";
import { Stage } from "./stage";
import { TEXTS } from "./texts";

export interface SessionPlaces {
  readonly spec: ViewSpec;
  readonly host: ViewerHost;
  readonly pagesPath: string;
}

const GPU_BYTES = 384 * 2 ** 20;
const STILL = { tolerance: 1, card: 1_500_000, software: 500_000 };
const MOVING = { tolerance: 3, card: 600_000, software: 90_000 };
const SETTLE_MS = 180;
const REDRAW_MS = 100;
const MAX_PIXEL_RATIO = 2;
const MAX_SOFTWARE_PIXEL_RATIO = 1;

export class Session implements Disposable {
  private readonly canvas = document.createElement("canvas");
  private readonly graph: Graph;
  private readonly stage: Stage;
  private readonly panel: Panel;
  private readonly pages: PageStore;
  private readonly controls: OrbitControls;
  private readonly options: ScanOptions;
  private readonly orbit: Orbit = { azimuth: 0, elevation: 0, distance: 1, target: [0, 0, 0] };
  private readonly resizes: ResizeObserver;
  private readonly isSoftware: boolean;
  private isMoving = false;
  private hasFailed = false;
  private isHome = true;
  private frame = 0;
  private settle = 0;
  private redraw = 0;

  constructor(
    root: HTMLElement,
    private readonly el: HTMLElement,
    private readonly head: ScanHead,
    places: SessionPlaces,
  ) {
    this.options = readOptions(places.spec.options);
    this.graph = makeGraph(head);
    this.stage = new Stage(this.canvas, head);
    this.stage.useColors(this.options.colors);
    this.isSoftware = isSoftware(this.stage.renderer.getContext());
    this.panel = this.makePanel(places.spec);
    this.panel.surface.append(this.canvas);
    root.replaceChildren(this.panel.node);
    this.pages = new PageStore(
      places.host,
      places.pagesPath,
      this.stage,
      GPU_BYTES,
      () => this.redrawSoon(),
      (error) => this.reportFailure(error),
    );
    this.controls = this.makeControls();
    this.canvas.addEventListener("webglcontextlost", this.onLost);
    this.canvas.addEventListener("webglcontextrestored", this.onRestored);
    this.resizes = new ResizeObserver(() => this.resize());
    this.resizes.observe(this.panel.surface);
    this.resize();
    this.goHome();
    void this.showRoot();
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.settle);
    clearTimeout(this.redraw);
    this.canvas.removeEventListener("webglcontextlost", this.onLost);
    this.canvas.removeEventListener("webglcontextrestored", this.onRestored);
    this.resizes.disconnect();
    this.controls.dispose();
    this.pages.clear();
    this.stage.dispose();
  }

  private makePanel(spec: ViewSpec): Panel {
    const { half } = this.stage;
    return new Panel(
      {
        title: spec.title,
        isSynthetic: spec.synthetic || this.head.isSynthetic,
        hasColors: this.head.hasColors,
        showsColors: this.options.colors,
        showsRaking: this.options.raking,
        sides: [half.x * 2, half.y * 2, half.z * 2],
      },
      {
        reset: () => {
          this.goHome();
          this.invalidate();
        },
        colors: (isOn) => {
          this.stage.useColors(isOn);
          this.invalidate();
        },
        wireframe: (isOn) => {
          this.stage.useWireframe(isOn);
          this.invalidate();
        },
        raking: (isOn) => {
          if (!isOn) this.stage.lights.showStudio();
          this.invalidate();
        },
        lamp: (lamp) => {
          this.stage.lights.showRaking(lamp);
          this.invalidate();
        },
      },
    );
  }

  private makeControls(): OrbitControls {
    const radius = this.stage.half.length();
    return new OrbitControls(
      this.panel.surface,
      this.orbit,
      { nearest: radius * 0.02, farthest: radius * 12, reach: radius * 1.2 },
      () => this.stage.pixelSize(this.orbit.distance),
      () => this.onMove(),
      () => this.goHome(),
    );
  }

  private async showRoot(): Promise<void> {
    await this.pages.keep(0, this.head.rootPage);
    this.panel.hideNotice();
    this.draw();
  }

  private goHome(): void {
    const degrees = Math.PI / 180;
    this.orbit.azimuth = this.options.azimuth * degrees;
    this.orbit.elevation = this.options.elevation * degrees;
    this.orbit.target = [0, 0, 0];
    this.orbit.distance = this.stage.fitDistance(this.orbit.azimuth, this.orbit.elevation);
    this.isHome = true;
  }

  private onMove(): void {
    this.isHome = false;
    this.isMoving = true;
    if (!this.hasFailed) this.el.dataset.state = "ready";
    clearTimeout(this.settle);
    this.settle = window.setTimeout(() => {
      this.isMoving = false;
      this.invalidate();
    }, SETTLE_MS);
    this.invalidate();
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.panel.surface;
    if (width === 0 || height === 0) return;
    const most = this.isSoftware ? MAX_SOFTWARE_PIXEL_RATIO : MAX_PIXEL_RATIO;
    this.stage.resize(width, height, Math.min(window.devicePixelRatio, most));
    if (this.isHome) this.goHome();
    this.draw();
  }

  /** Draws in the next frame. */
  private invalidate(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** Draws soon: while pages pour in, ten pictures a second are enough. */
  private redrawSoon(): void {
    if (this.redraw) return;
    this.redraw = window.setTimeout(() => {
      this.redraw = 0;
      this.invalidate();
    }, REDRAW_MS);
  }

  private draw(): void {
    if (!this.pages.has(0)) return;
    this.stage.look(this.orbit);
    const mode = this.isMoving ? MOVING : STILL;
    const most = this.options.maxTriangles ?? Number.POSITIVE_INFINITY;
    const budget = Math.min(most, this.isSoftware ? mode.software : mode.card);
    const wishes = chooseCut(this.graph, this.stage.eye(), mode.tolerance, budget);
    if (!this.hasFailed) this.pages.want(wishes);
    const expanded = drawable(this.graph, wishes, (group) => this.pages.has(group));
    const triangles = this.stage.show(visibleClusters(this.head, expanded));
    this.stage.render();
    const isComplete = expanded.size === wishes.length + 1;
    this.panel.showScale(this.stage.pixelSize(this.orbit.distance));
    this.panel.showStatus(triangles, this.head.triangleCount, !isComplete && !this.hasFailed);
    this.el.dataset.triangles = String(triangles);
    if (!this.hasFailed) this.el.dataset.state = isComplete && !this.isMoving ? "sharp" : "ready";
  }

  private reportFailure(error: unknown): void {
    this.hasFailed = true;
    this.el.dataset.state = "error";
    const hint = error instanceof Error ? error.message : "";
    this.panel.showNotice(TEXTS.failed, hint, () => {
      this.hasFailed = false;
      this.panel.hideNotice();
      this.invalidate();
    });
  }

  private readonly onLost = (event: Event): void => {
    event.preventDefault();
    this.el.dataset.state = "loading";
    this.panel.showNotice(TEXTS.contextLost, "");
    this.pages.clear();
  };

  private readonly onRestored = (): void => {
    void this.showRoot();
  };
}
