/**
 * The image on its canvas: moved, zoomed and picked by mouse, touch and keyboard.
 *
 * One drawing per frame, whatever happened in between.
 */
import type { Disposable } from "../host";
import type { CubeInfo, Style } from "./api";
import { element } from "./element";
import { drawMarkers, drawScaleBar } from "./marks";
import type { PickedSpectrum } from "./picks";
import { TEXTS } from "./texts";
import type { TileLayer } from "./tiles";
import { fit, type Point, pan, pixelAt, type Size, type Viewport, zoom } from "./viewport";

const CLICK_PX = 4; // a pointer that moves less has clicked
const KEY_STEP_PX = 40;
const ZOOM_STEP = 1.4;

export interface StageEvents {
  pick(x: number, y: number): void;
  hover(pixel: Point | null): void;
  ready(): void;
}

export class Stage implements Disposable {
  readonly node: HTMLDivElement;
  private readonly canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-label": TEXTS.image,
  });
  private readonly observer = new ResizeObserver(() => this.resize());
  private readonly pointers = new Map<number, Point>();
  private view: Viewport | null = null;
  private isFitted = true;
  private travelled = 0;
  private frame = 0;
  private picked: readonly PickedSpectrum[] = [];

  constructor(
    private readonly info: CubeInfo,
    private readonly tiles: (changed: () => void) => TileLayer,
    private style: Style,
    private readonly events: StageEvents,
  ) {
    this.layer = this.tiles(() => this.draw());
    const centre = element("span", { class: "mc-centre", "aria-hidden": true });
    this.node = element("div", { class: "mc-stage" }, this.canvas, centre, this.buttons());
    this.observer.observe(this.node);
    this.listen();
  }

  private readonly layer: TileLayer;

  setStyle(style: Style): void {
    this.style = style;
    this.draw();
  }

  setPicked(picked: readonly PickedSpectrum[]): void {
    this.picked = picked;
    this.draw();
  }

  /** Asks for a drawing at the next frame. */
  draw(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.render());
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.frame = -1;
    this.observer.disconnect();
    this.layer.dispose();
  }

  private get size(): Size {
    return { width: this.node.clientWidth, height: this.node.clientHeight };
  }

  private resize(): void {
    const { width, height } = this.size;
    if (width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    if (this.view === null || this.isFitted) this.view = fit(this.info, this.size);
    cancelAnimationFrame(this.frame);
    this.render();
  }

  private render(): void {
    this.frame = 0;
    const context = this.canvas.getContext("2d");
    if (context === null || this.view === null) return;
    const ratio = window.devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.size.width, this.size.height);
    const isReady = this.layer.draw(context, this.view, this.size, this.style);
    drawMarkers(context, this.view, this.size, this.picked);
    if (this.info.pixel_size_mm !== null) {
      drawScaleBar(context, this.view, this.size, this.info.pixel_size_mm);
    }
    if (isReady) this.events.ready();
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

  private pickAt(point: Point): void {
    const pixel = this.view && pixelAt(this.view, this.info, this.size, point);
    if (pixel) this.events.pick(pixel.x, pixel.y);
  }

  private buttons(): HTMLDivElement {
    const button = (label: string, sign: string, act: () => void) => {
      const made = element("button", { type: "button", "aria-label": label, title: label }, sign);
      made.addEventListener("click", act);
      return made;
    };
    return element(
      "div",
      { class: "mc-zoom" },
      button(TEXTS.zoomIn, "+", () => this.zoomBy(ZOOM_STEP)),
      button(TEXTS.zoomOut, "−", () => this.zoomBy(1 / ZOOM_STEP)),
      button(TEXTS.fitImage, "⤢", () => this.fit()),
    );
  }

  private listen(): void {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.release(event, true));
    canvas.addEventListener("pointercancel", (event) => this.release(event, false));
    canvas.addEventListener("pointerleave", () => this.events.hover(null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.zoomBy(2 ** (-event.deltaY / 300), placeOf(event));
      },
      { passive: false },
    );
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.travelled = this.pointers.size === 0 ? 0 : Number.POSITIVE_INFINITY;
    this.pointers.set(event.pointerId, placeOf(event));
  }

  private drag(event: PointerEvent): void {
    const now = placeOf(event);
    const before = this.pointers.get(event.pointerId);
    if (this.view !== null) {
      this.events.hover(pixelAt(this.view, this.info, this.size, now));
    }
    if (before === undefined) return;
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    this.travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (other !== undefined) {
      this.zoomBy(distance(now, other) / Math.max(distance(before, other), 1), other);
    } else if (this.travelled > CLICK_PX) {
      this.panBy(now.x - before.x, now.y - before.y);
    }
  }

  private release(event: PointerEvent, isDone: boolean): void {
    const wasDown = this.pointers.delete(event.pointerId);
    if (isDone && wasDown && this.travelled <= CLICK_PX) this.pickAt(placeOf(event));
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.actions[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  private readonly actions: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => this.panBy(KEY_STEP_PX, 0),
    ArrowRight: () => this.panBy(-KEY_STEP_PX, 0),
    ArrowUp: () => this.panBy(0, KEY_STEP_PX),
    ArrowDown: () => this.panBy(0, -KEY_STEP_PX),
    "+": () => this.zoomBy(ZOOM_STEP),
    "=": () => this.zoomBy(ZOOM_STEP),
    "-": () => this.zoomBy(1 / ZOOM_STEP),
    "0": () => this.fit(),
    Enter: () => this.pickAt({ x: this.size.width / 2, y: this.size.height / 2 }),
  };
}

function placeOf(event: MouseEvent): Point {
  return { x: event.offsetX, y: event.offsetY };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
