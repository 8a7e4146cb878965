/**
 * The image on its canvas: lit, moved and zoomed by mouse, touch and keyboard.
 *
 * Dragging moves the light or the image, as `dragged` says; with Shift it is the other. One
 * drawing per frame, whatever happened in between.
 */
import { element } from "../cube/element";
import { scaleBar } from "../cube/scale_bar";
import { fit, type Point, pan, type Size, toScreen, type Viewport, zoom } from "../cube/viewport";
import type { Disposable } from "../host";
import type { RtiApi, RtiInfo } from "./api";
import { type Light, lightAbove, nudge } from "./light";
import { PlaneTiles } from "./planes";
import { type Appearance, Relighter } from "./relighter";
import { TEXTS } from "./texts";

const KEY_STEP_PX = 40;
const KEY_STEP_LIGHT = 0.06;
const ZOOM_STEP = 1.4;
const SCALE_BAR_PX = 140;

export interface StageEvents {
  /** The hand moved the light; `isDone` when it let go. */
  light(light: Light, isDone: boolean): void;
  /** The coarsest level is here. */
  ready(): void;
  /** Everything is drawn as finely as the screen shows it, or not any more. */
  sharp(isSharp: boolean): void;
  complain(error: unknown): void;
}

export class Stage implements Disposable {
  readonly node: HTMLDivElement;
  dragged: "light" | "image" = "light";
  private readonly canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-label": TEXTS.image,
  });
  private readonly observer = new ResizeObserver(() => this.resize());
  private readonly bar = element("span", { class: "mr-bar" });
  private readonly barText = element("span", {});
  private readonly relighter: Relighter;
  private readonly tiles: PlaneTiles;
  private readonly pointers = new Map<number, Point>();
  private view: Viewport | null = null;
  private isFitted = true;
  private isReady = false;
  private frame = 0;

  constructor(
    private readonly info: RtiInfo,
    api: RtiApi,
    private appearance: Appearance,
    private readonly events: StageEvents,
  ) {
    this.relighter = new Relighter(this.canvas, info);
    this.tiles = new PlaneTiles(api, info, this.relighter, () => this.draw(), events.complain);
    const scale = element("div", { class: "mr-scale" }, this.barText, this.bar);
    scale.hidden = info.pixel_size_mm === null;
    this.node = element("div", { class: "mr-stage" }, this.canvas, scale, this.buttons());
    this.observer.observe(this.node);
    this.listen();
  }

  show(appearance: Appearance): void {
    this.appearance = appearance;
    this.draw();
  }

  /** Draws the whole image small, once for each appearance, into 2D canvases. */
  drawSmall(pictures: readonly (readonly [HTMLCanvasElement, Appearance])[]): void {
    for (const [picture, appearance] of pictures) {
      const size = { width: picture.width, height: picture.height };
      if (this.canvas.width < size.width || this.canvas.height < size.height) continue;
      this.relighter.begin(appearance);
      this.tiles.draw(placedAtCorner(this.info, size, this.canvas), this.canvas);
      const context = picture.getContext("2d");
      context?.clearRect(0, 0, size.width, size.height);
      context?.drawImage(
        this.canvas,
        ...([0, 0, size.width, size.height] as const),
        ...([0, 0, size.width, size.height] as const),
      );
    }
    this.render();
  }

  /** Asks for a drawing at the next frame. */
  draw(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.render());
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.frame = -1;
    this.observer.disconnect();
    this.tiles.dispose();
    this.relighter.dispose();
  }

  private get size(): Size {
    return { width: this.node.clientWidth, height: this.node.clientHeight };
  }

  private resize(): void {
    const { width, height } = this.size;
    if (width === 0 || height === 0) return;
    this.canvas.width = Math.round(width * window.devicePixelRatio);
    this.canvas.height = Math.round(height * window.devicePixelRatio);
    if (this.view === null || this.isFitted) this.view = fit(this.info, this.size);
    cancelAnimationFrame(this.frame);
    this.render();
  }

  private render(): void {
    this.frame = 0;
    if (this.view === null) return;
    this.relighter.begin(this.appearance);
    const scale = this.view.scale * (this.canvas.width / Math.max(1, this.size.width));
    const state = this.tiles.draw({ ...this.view, scale }, this.canvas);
    this.events.sharp(state === "sharp");
    this.showScale(this.view.scale);
    if (state === "empty" || this.isReady) return;
    this.isReady = true;
    this.events.ready();
  }

  private showScale(scale: number): void {
    if (this.info.pixel_size_mm === null) return;
    const { text, pixels } = scaleBar(this.info.pixel_size_mm, scale, SCALE_BAR_PX);
    this.bar.style.width = `${pixels.toFixed(1)}px`;
    this.barText.textContent = text;
  }

  private move(view: Viewport, isFitted = false): void {
    this.view = view;
    this.isFitted = isFitted;
    this.draw();
  }

  private zoomBy(factor: number, anchor?: Point): void {
    if (this.view === null) return;
    const { width, height } = this.size;
    const at = anchor ?? { x: width / 2, y: height / 2 };
    this.move(zoom(this.view, this.info, this.size, factor, at));
  }

  private panBy(dx: number, dy: number): void {
    if (this.view !== null) this.move(pan(this.view, this.info, dx, dy));
  }

  private fit(): void {
    this.move(fit(this.info, this.size), true);
  }

  /** The light above a place of the picture: its middle is straight above. */
  private lightTo(place: Point, isDone: boolean): void {
    const { width, height } = this.size;
    const reach = Math.min(width, height) / 2;
    const [x, y] = [(place.x - width / 2) / reach, (height / 2 - place.y) / reach];
    this.events.light(lightAbove(x, y), isDone);
  }

  private buttons(): HTMLDivElement {
    const button = (label: string, sign: string, act: () => void) => {
      const made = element("button", { type: "button", "aria-label": label, title: label }, sign);
      made.addEventListener("click", act);
      return made;
    };
    return element(
      "div",
      { class: "mr-zoom" },
      button(TEXTS.zoomIn, "+", () => this.zoomBy(ZOOM_STEP)),
      button(TEXTS.zoomOut, "−", () => this.zoomBy(1 / ZOOM_STEP)),
      button(TEXTS.fit, "⤢", () => this.fit()),
    );
  }

  private listen(): void {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.zoomBy(2 ** (-event.deltaY / 300), placeOf(event));
      },
      { passive: false },
    );
    canvas.addEventListener("webglcontextlost", () =>
      this.events.complain(new Error(`${TEXTS.contextLost}. ${TEXTS.contextLostHint}`)),
    );
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, placeOf(event));
    if (this.pointers.size === 1 && this.movesLight(event)) this.lightTo(placeOf(event), false);
  }

  private drag(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = placeOf(event);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    if (other !== undefined) {
      this.zoomBy(distance(now, other) / Math.max(distance(before, other), 1), other);
    } else if (this.movesLight(event)) {
      this.lightTo(now, false);
    } else {
      this.panBy(now.x - before.x, now.y - before.y);
    }
  }

  private release(event: PointerEvent): void {
    const wasOnly = this.pointers.size === 1 && this.pointers.delete(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (wasOnly && this.movesLight(event)) this.lightTo(placeOf(event), true);
  }

  private movesLight(event: PointerEvent): boolean {
    return (this.dragged === "light") !== event.shiftKey;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    const act = this.actions[event.key];
    if (arrow === undefined && act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (arrow === undefined) act?.();
    else if (event.shiftKey) this.panBy(-arrow.x * KEY_STEP_PX, arrow.y * KEY_STEP_PX);
    else this.nudgeLight(arrow);
  }

  private nudgeLight({ x, y }: Point): void {
    const { light } = this.appearance;
    this.events.light(nudge(light, x * KEY_STEP_LIGHT, y * KEY_STEP_LIGHT), true);
  }

  private readonly actions: Readonly<Record<string, () => void>> = {
    "+": () => this.zoomBy(ZOOM_STEP),
    "=": () => this.zoomBy(ZOOM_STEP),
    "-": () => this.zoomBy(1 / ZOOM_STEP),
    "0": () => this.fit(),
  };
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
};

/** A viewport of `canvas` that puts the whole image into its upper left corner. */
function placedAtCorner(image: Size, corner: Size, canvas: Size): Viewport {
  const view = fit(image, corner);
  const middle = toScreen(view, corner, { x: 0, y: 0 });
  return {
    scale: view.scale,
    x: (canvas.width / 2 - middle.x) / view.scale,
    y: (canvas.height / 2 - middle.y) / view.scale,
  };
}

function placeOf(event: MouseEvent): Point {
  return { x: event.offsetX, y: event.offsetY };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
