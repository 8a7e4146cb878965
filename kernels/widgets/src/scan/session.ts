/** One scan on screen: keeps camera, pages, panel and picture in step. */
import type { Disposable, ViewerHost, ViewLink, ViewSpec } from "../host";
import { startAnnotations } from "./annotations/index";
import { direction } from "./camera";
import { chooseCut, drawable, type Graph, makeGraph, visibleClusters } from "./cut";
import type { ScanHead } from "./format";
import { isSoftware } from "./graphics";
import type { RakingLamp } from "./lights";
import { startMeasuring } from "./measure/index";
import { readOptions, type ScanOptions } from "./options";
import { type Orbit, OrbitControls } from "./orbit";
import { Overlay } from "./overlay";
import { PageStore } from "./pages";
import { Panel } from "./panel";
import { Picker } from "./picking";
import { type Light, makePicture, savePicture } from "./picture";
import type { CameraState } from "./scene";
import { Stage } from "./stage";
import { TEXTS } from "./texts";
import { SceneTools } from "./tooling";
import { ShownTriangles } from "./triangles";

export interface SessionPlaces {
  readonly spec: ViewSpec;
  readonly host: ViewerHost;
  readonly pagesPath: string;
  readonly link: ViewLink | null;
}

const DEGREES = Math.PI / 180;

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
  private readonly overlay = new Overlay();
  private readonly triangles: ShownTriangles;
  private readonly scene: SceneTools;
  private readonly tools: readonly Disposable[];
  private readonly options: ScanOptions;
  private readonly orbit: Orbit = { azimuth: 0, elevation: 0, distance: 1, target: [0, 0, 0] };
  private readonly resizes: ResizeObserver;
  private readonly isSoftware: boolean;
  private light: Light = { kind: "studio" };
  private isUnlit = false;
  private isMoving = false;
  /** Pixels for each CSS pixel while a picture is made. */
  private pictureTimes: number | null = null;
  private onSharp: (() => void) | null = null;
  private hasFailed = false;
  private isHome = true;
  private frame = 0;
  private settle = 0;
  private redraw = 0;

  constructor(
    root: HTMLElement,
    private readonly el: HTMLElement,
    private readonly head: ScanHead,
    private readonly places: SessionPlaces,
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
    this.triangles = new ShownTriangles(head, (group) => this.pages.page(group));
    this.scene = this.makeScene();
    this.controls = this.makeControls();
    const { spec, link } = places;
    this.tools = [
      startMeasuring({ scene: this.scene, stage: this.stage, spec, link }),
      startAnnotations({ scene: this.scene, spec, link: link ?? undefined }),
    ];
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
    for (const tool of this.tools) tool.dispose();
    this.scene.dispose();
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
        unlit: (isOn) => {
          this.isUnlit = isOn;
          this.stage.useUnlit(isOn);
          this.invalidate();
        },
        wireframe: (isOn) => {
          this.stage.useWireframe(isOn);
          this.invalidate();
        },
        lamp: (lamp) => this.useLamp(lamp),
        view: ({ azimuth, elevation }) => {
          this.turnTo(azimuth, elevation);
          this.invalidate();
        },
        orthographic: (isOn) => {
          this.useOrthographic(isOn);
          this.invalidate();
        },
        picture: (times) => void this.savePicture(times),
      },
      [this.overlay.node, this.overlay.axes],
    );
  }

  private makeScene(): SceneTools {
    const picker = new Picker(this.head, this.stage, this.triangles);
    return new SceneTools({
      panel: this.panel,
      overlay: this.overlay,
      picker,
      crossed: (plane, visit) => picker.crossed(plane, visit),
      surfaceVersion: () => this.triangles.version,
      toViewer: () => direction(this.orbit.azimuth, this.orbit.elevation).toArray(),
      aim: () => this.stage.look(this.orbit),
      getCamera: () => this.getCamera(),
      setCamera: (camera) => this.setCamera(camera),
      invalidate: () => this.invalidate(),
    });
  }

  private useLamp(lamp: RakingLamp | null): void {
    this.light = lamp ? { kind: "raking", ...lamp } : { kind: "studio" };
    if (lamp) this.stage.lights.showRaking(lamp);
    else this.stage.lights.showStudio();
    this.invalidate();
  }

  private useOrthographic(isOn: boolean): void {
    this.stage.camera.isOrthographic = isOn;
    this.panel.parallel.checked = isOn;
    if (this.isHome) this.fit();
  }

  private getCamera(): CameraState {
    const { azimuth, elevation, distance, target } = this.orbit;
    return {
      azimuth: azimuth / DEGREES,
      elevation: elevation / DEGREES,
      distance,
      target: this.stage.fromMiddle(target),
      isOrthographic: this.stage.camera.isOrthographic,
    };
  }

  private setCamera(camera: CameraState): void {
    this.isHome = false;
    this.orbit.azimuth = camera.azimuth * DEGREES;
    this.orbit.elevation = camera.elevation * DEGREES;
    this.orbit.distance = camera.distance;
    this.orbit.target = [...this.stage.toMiddle(camera.target)];
    this.useOrthographic(camera.isOrthographic);
    this.onMove();
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
      (event) => this.scene.tap(event),
    );
  }

  private async showRoot(): Promise<void> {
    await this.pages.keep(0, this.head.rootPage);
    this.panel.hideNotice();
    this.draw();
  }

  private goHome(): void {
    this.turnTo(this.options.azimuth, this.options.elevation);
    this.isHome = true;
  }

  /** The whole scan, seen from a side. Degrees. */
  private turnTo(azimuth: number, elevation: number): void {
    this.orbit.azimuth = azimuth * DEGREES;
    this.orbit.elevation = elevation * DEGREES;
    this.orbit.target = [0, 0, 0];
    this.fit();
    this.isHome = false;
  }

  private fit(): void {
    const { azimuth, elevation } = this.orbit;
    this.orbit.distance = this.stage.camera.fitDistance(azimuth, elevation);
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
    const ratio = this.pictureTimes ?? Math.min(window.devicePixelRatio, most);
    this.stage.resize(width, height, ratio);
    this.overlay.resize(width, height);
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
    const visible = visibleClusters(this.head, expanded);
    const triangles = this.stage.show(visible);
    this.triangles.show(visible);
    this.stage.render();
    const isComplete = expanded.size === wishes.length + 1;
    this.panel.showScale(this.stage.pixelSize(this.orbit.distance));
    this.panel.showStatus(triangles, this.head.triangleCount, !isComplete && !this.hasFailed);
    this.el.dataset.triangles = String(triangles);
    if (!this.hasFailed) this.el.dataset.state = isComplete && !this.isMoving ? "sharp" : "ready";
    this.overlay.turn(this.stage.camera);
    this.scene.drawn(isComplete && !this.isMoving);
    if (isComplete || this.hasFailed) this.onSharp?.();
  }

  /** Draws with more pixels, waits for what they show, and saves it. */
  private async savePicture(times: number): Promise<void> {
    if (this.pictureTimes !== null) return;
    this.pictureTimes = times;
    try {
      this.isMoving = false;
      const taken = new Promise<HTMLCanvasElement>((resolve, reject) => {
        this.onSharp = () => {
          try {
            resolve(this.compose(times)); // at once: the card forgets the picture
          } catch (error) {
            reject(error);
          }
        };
      });
      this.resize();
      const canvas = await taken;
      await savePicture(canvas, this.places.spec, {
        head: this.head,
        camera: this.getCamera(),
        light: this.isUnlit ? { kind: "none" } : this.light,
        metresPerPixel: this.stage.pixelSize(this.orbit.distance) / times,
        triangles: Number(this.el.dataset.triangles),
      });
      this.panel.say(TEXTS.pictureMade);
    } catch (error) {
      console.error(error);
      this.scene.complain(TEXTS.pictureFailed, TEXTS.pictureFailedHint);
    } finally {
      this.onSharp = null;
      this.pictureTimes = null;
      this.resize();
    }
  }

  private compose(times: number): HTMLCanvasElement {
    this.onSharp = null;
    return makePicture(this.canvas, times, {
      metresPerPixel: this.stage.pixelSize(this.orbit.distance),
      isOrthographic: this.stage.camera.isOrthographic,
      caption: this.places.spec,
      paint: (context) => this.scene.paint(context),
    });
  }

  private reportFailure(error: unknown): void {
    this.hasFailed = true;
    this.el.dataset.state = "error";
    const hint = error instanceof Error ? error.message : "";
    const press = (): void => {
      this.hasFailed = false;
      this.panel.hideNotice();
      this.invalidate();
    };
    this.panel.showNotice(TEXTS.failed, hint, { text: TEXTS.again, press });
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
