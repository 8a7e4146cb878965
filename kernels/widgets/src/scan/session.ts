/** One scan on screen: keeps camera, pages, panel and picture in step. */
import type { Disposable, ViewerHost, ViewLink, ViewSpec } from "../host";
import { startAnnotations } from "./annotations/index";
import { effort, PAGE_BUDGET, screenRatio } from "./budgets";
import { Card } from "./card";
import { chooseCut, drawable, type Graph, makeGraph, visibleClusters } from "./cut";
import { readPage } from "./damage";
import { Footnote } from "./footnote";
import type { ScanHead } from "./format";
import { isSoftware } from "./graphics";
import { Layers } from "./layers/index";
import type { RakingLamp } from "./lights";
import { startMeasuring } from "./measure/index";
import { readOptions, type ScanOptions } from "./options";
import { OrbitControls } from "./orbit";
import { Overlay } from "./overlay";
import { PageStore } from "./pages";
import { Panel } from "./panel";
import { Picker } from "./picking";
import type { Light, PictureFacts } from "./picture";
import { ShownPoints } from "./points";
import { Shutter } from "./shutter";
import type { ScanSource } from "./sources";
import { Stage } from "./stage";
import { TEXTS } from "./texts";
import { startTogether } from "./together/index";
import { SceneTools } from "./tooling";
import { ShownTriangles } from "./triangles";
import { Viewpoint } from "./viewpoint";

export interface SessionPlaces {
  readonly spec: ViewSpec;
  readonly source: ScanSource;
  readonly host: ViewerHost;
  readonly link: ViewLink | null;
}

const SETTLE_MS = 180;
const REDRAW_MS = 100;

export class Session implements Disposable {
  private readonly canvas = document.createElement("canvas");
  private readonly graph: Graph;
  private readonly stage: Stage;
  private readonly panel: Panel;
  private readonly pages: PageStore;
  private readonly controls: OrbitControls;
  private readonly overlay = new Overlay();
  private readonly footnote = new Footnote();
  private readonly card: Card;
  private readonly triangles: ShownTriangles;
  private readonly scene: SceneTools;
  private readonly layers: Layers;
  private readonly tools: readonly Disposable[];
  private readonly options: ScanOptions;
  private readonly view: Viewpoint;
  private readonly shutter: Shutter;
  private readonly resizes: ResizeObserver;
  private readonly isSoftware: boolean;
  private light: Light = { kind: "studio" };
  private isUnlit = false;
  private isMoving = false;
  private hasFailed = false;
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
    this.view = new Viewpoint(this.stage, this.options);
    this.isSoftware = isSoftware(this.stage.renderer.getContext());
    this.panel = this.makePanel(places.spec);
    this.panel.surface.append(this.canvas);
    root.replaceChildren(this.panel.node);
    this.pages = this.makePages();
    const pageOf = (group: number) => this.pages.page(group);
    this.triangles = head.isCloud
      ? new ShownPoints(head, pageOf, this.stage)
      : new ShownTriangles(head, pageOf);
    this.scene = this.makeScene();
    this.shutter = this.makeShutter();
    this.controls = this.makeControls();
    const { spec, link } = places;
    this.layers = new Layers({ ...places, scene: this.scene, stage: this.stage, head });
    this.tools = [
      this.layers,
      startMeasuring({ scene: this.scene, stage: this.stage, spec, link, isCloud: head.isCloud }),
      // What lives in a kernel only has no place for notes.
      ...(spec.options?.source === "kernel"
        ? []
        : [startAnnotations({ scene: this.scene, spec, link: link ?? undefined })]),
      startTogether(this.scene, link?.company),
    ];
    this.card = this.makeCard();
    this.panel.stage.append(this.footnote.node);
    this.panel.surface.append(this.card.still);
    window.addEventListener("online", this.onOnline);
    this.resizes = new ResizeObserver(() => this.resize());
    this.resizes.observe(this.panel.surface);
    this.resize();
    this.view.goHome();
    void this.showRoot();
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.settle);
    clearTimeout(this.redraw);
    window.removeEventListener("online", this.onOnline);
    this.card.dispose();
    this.resizes.disconnect();
    for (const tool of this.tools) tool.dispose();
    this.scene.dispose();
    this.controls.dispose();
    this.pages.clear();
    this.stage.dispose();
  }

  private makePages(): PageStore {
    return new PageStore({
      source: this.places.source,
      sink: this.stage,
      budget: PAGE_BUDGET,
      decode: (group, page) => readPage(this.head, group, page),
      events: {
        changed: () => this.redrawSoon(),
        waiting: (isWaiting) => this.footnote.waiting(isWaiting),
        damaged: (pages) => this.footnote.missing(pages),
        refused: (error) => this.reportFailure(error),
      },
    });
  }

  private makeCard(): Card {
    return new Card(this.stage.renderer, this.panel.stage, {
      lastFrame: () => this.draw(),
      lost: (isResting) => {
        this.el.dataset.state = isResting ? "resting" : "loading";
        if (!isResting) this.panel.showNotice(TEXTS.contextLost, "");
        this.pages.forgetCard();
      },
      restored: () => {
        this.pages.again();
        void this.showRoot();
      },
    });
  }

  private makePanel(spec: ViewSpec): Panel {
    const { half } = this.stage;
    return new Panel(
      {
        title: spec.title,
        isSynthetic: spec.synthetic || this.head.isSynthetic,
        isCloud: this.head.isCloud,
        hasNormals: this.head.hasNormals,
        hasColors: this.head.hasColors,
        showsColors: this.options.colors,
        showsRaking: this.options.raking,
        sides: [half.x * 2, half.y * 2, half.z * 2],
      },
      {
        reset: () => {
          this.view.goHome();
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
          this.view.turnTo(azimuth, elevation);
          this.invalidate();
        },
        orthographic: (isOn) => {
          this.view.useOrthographic(isOn);
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
      toViewer: () => this.view.toViewer,
      aim: () => this.view.look(),
      getCamera: () => this.view.camera,
      setCamera: (camera) => {
        this.view.camera = camera;
        this.panel.parallel.checked = camera.isOrthographic;
        this.onMove();
      },
      invalidate: () => this.invalidate(),
    });
  }

  private useLamp(lamp: RakingLamp | null): void {
    this.light = lamp ? { kind: "raking", ...lamp } : { kind: "studio" };
    if (lamp) this.stage.lights.showRaking(lamp);
    else this.stage.lights.showStudio();
    this.invalidate();
  }

  private makeShutter(): Shutter {
    return new Shutter({
      canvas: this.canvas,
      spec: this.places.spec,
      paint: (context) => this.scene.paint(context),
      metresPerPixel: () => this.view.pixelSize,
      facts: (times) => this.pictureFacts(times),
      resize: () => this.resize(),
    });
  }

  private makeControls(): OrbitControls {
    const radius = this.stage.half.length();
    return new OrbitControls(
      this.panel.surface,
      this.view.orbit,
      { nearest: radius * 0.02, farthest: radius * 12, reach: radius * 1.2 },
      () => this.view.pixelSize,
      () => this.onMove(),
      () => this.view.goHome(),
      (event) => this.scene.tap(event),
    );
  }

  private async showRoot(): Promise<void> {
    await this.pages.keep(0, this.head.rootPage);
    this.panel.hideNotice();
    this.draw();
  }

  private onMove(): void {
    this.view.isHome = false;
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
    this.stage.resize(width, height, this.shutter.times ?? screenRatio(this.isSoftware));
    this.overlay.resize(width, height);
    if (this.view.isHome) this.view.goHome();
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
    if (!this.pages.has(0) || !this.card.isHere) return;
    this.view.look();
    const mode = effort(this.isMoving, this.isSoftware, this.options);
    const wishes = chooseCut(
      this.graph,
      this.stage.eye(),
      mode.tolerance / this.layers.fineness,
      mode.triangles,
      (group) => this.pages.isBroken(group),
    );
    this.pages.want(wishes);
    const expanded = drawable(this.graph, wishes, (group) => this.pages.has(group));
    const visible = visibleClusters(this.head, expanded);
    const triangles = this.stage.show(visible);
    this.triangles.show(visible);
    this.stage.render();
    const isComplete = expanded.size === wishes.length + 1;
    if (isComplete || this.isMoving) this.card.reveal();
    this.panel.showScale(this.view.pixelSize);
    this.panel.showStatus(triangles, this.head.elementCount, !isComplete && !this.hasFailed);
    this.el.dataset.triangles = String(triangles);
    if (!this.hasFailed) this.el.dataset.state = isComplete && !this.isMoving ? "sharp" : "ready";
    this.overlay.turn(this.stage.camera);
    this.scene.drawn(isComplete && !this.isMoving);
    const isWhole = isComplete && !this.layers.isBusy;
    if (isWhole || this.hasFailed || this.pages.isWaiting) this.shutter.sharp();
  }

  private async savePicture(times: number): Promise<void> {
    this.isMoving = false;
    try {
      if (await this.shutter.take(times)) this.panel.say(TEXTS.pictureMade);
    } catch (error) {
      console.error(error);
      this.scene.complain(TEXTS.pictureFailed, TEXTS.pictureFailedHint);
    }
  }

  private pictureFacts(times: number): PictureFacts {
    return {
      head: this.head,
      camera: this.view.camera,
      light: this.isUnlit ? { kind: "none" } : this.light,
      metresPerPixel: this.view.pixelSize / times,
      triangles: Number(this.el.dataset.triangles),
      layer: this.layers.facts,
    };
  }

  private reportFailure(error: unknown): void {
    this.hasFailed = true;
    this.el.dataset.state = "error";
    const hint = error instanceof Error ? error.message : "";
    const press = (): void => {
      this.hasFailed = false;
      this.panel.hideNotice();
      this.pages.again();
      this.invalidate();
    };
    this.panel.showNotice(TEXTS.failed, hint, { text: TEXTS.again, press });
  }

  private readonly onOnline = (): void => this.pages.again();
}
