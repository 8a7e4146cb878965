/**
 * The images on their canvas: moved, zoomed and picked by mouse, touch and keyboard.
 *
 * One drawing per frame, whatever happened in between. What lies over the images, and may take
 * the pointer or a key before the stage does, is an `Overlay`.
 */
import type { Disposable } from "../host";
import { element } from "./element";
import type { LayerStack } from "./layer";
import { drawScaleBar } from "./marks";
import type { Overlay, OverlayPointer } from "./overlay";
import { TEXTS } from "./texts";
import { fit, type Point, pan, pixelAt, type Size, toImage, type Viewport, zoom } from "./viewport";

const CLICK_PX = 4; // a pointer that moves less has clicked
const KEY_STEP_PX = 40;
const ZOOM_STEP = 1.4;

export interface StageEvents {
  pick(x: number, y: number): void;
  hover(pixel: Point | null): void;
  ready(): void;
}

/** The base image: what the view is measured in. */
export interface StageImage extends Size {
  readonly pixel_size_mm: number | null;
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
  private overlays: readonly Overlay[] = [];
  private taker: Overlay | null = null;

  constructor(
    private readonly info: StageImage,
    private readonly stack: LayerStack,
    private readonly events: StageEvents,
  ) {
    const centre = element("span", { class: "mc-centre", "aria-hidden": true });
    this.node = element("div", { class: "mc-stage" }, this.canvas, centre, this.buttons());
    this.observer.observe(this.node);
    this.listen();
  }

  /** Puts an overlay above those that are there. */
  add(overlay: Overlay): Disposable {
    this.overlays = [...this.overlays, overlay];
    this.draw();
    return {
      dispose: () => {
        this.overlays = this.overlays.filter((each) => each !== overlay);
        if (this.taker === overlay) this.taker = null;
        this.draw();
      },
    };
  }

  /** Asks for a drawing at the next frame. */
  draw(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.render());
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.frame = -1;
    this.observer.disconnect();
    this.stack.dispose();
  }

  private get size(): Size {
    return { width: this.node.clientWidth, height: this.node.clientHeight };
  }

  private get centre(): Point {
    return { x: this.size.width / 2, y: this.size.height / 2 };
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
    const isReady = this.stack.draw(context, this.view, this.size);
    for (const overlay of this.overlays) overlay.draw(context, this.view, this.size);
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
    this.move(zoom(this.view, this.info, this.size, factor, anchor ?? this.centre));
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
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("dblclick", (event) => this.doublePress(event));
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
    if (this.pointers.size > 1) {
      this.giveBack((taker) => taker.cancel?.());
      return;
    }
    const at = this.describe(event, placeOf(event));
    this.taker = (at && this.topmost.find((overlay) => overlay.press?.(at))) ?? null;
    if (this.taker !== null) this.draw();
  }

  private get topmost(): readonly Overlay[] {
    return [...this.overlays].reverse();
  }

  private describe(keys: MouseEvent | KeyboardEvent, screen: Point): OverlayPointer | null {
    if (this.view === null) return null;
    const image = toImage(this.view, this.size, screen);
    const { shiftKey, altKey } = keys;
    return { screen, image, shiftKey, altKey, scale: this.view.scale };
  }

  private giveBack(end: (taker: Overlay) => void): void {
    if (this.taker !== null) end(this.taker);
    this.taker = null;
    this.draw();
  }

  private leave(): void {
    this.events.hover(null);
    for (const overlay of this.overlays) overlay.hover?.(null);
  }

  private doublePress(event: MouseEvent): void {
    const at = this.describe(event, placeOf(event));
    if (at !== null) this.topmost.some((overlay) => overlay.doublePress?.(at));
  }

  private drag(event: PointerEvent): void {
    const now = placeOf(event);
    const before = this.pointers.get(event.pointerId);
    if (this.view !== null) {
      this.events.hover(pixelAt(this.view, this.info, this.size, now));
    }
    const at = this.describe(event, now);
    if (this.taker === null) for (const overlay of this.overlays) overlay.hover?.(at);
    if (before === undefined) return;
    if (this.taker !== null) {
      this.pointers.set(event.pointerId, now);
      if (at !== null) this.taker.drag?.(at);
      return;
    }
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
    if (this.taker !== null) {
      const at = this.describe(event, placeOf(event));
      this.giveBack((taker) => (isDone && at ? taker.release?.(at) : taker.cancel?.()));
      return;
    }
    if (!isDone || !wasDown || this.travelled > CLICK_PX) return;
    const at = this.describe(event, placeOf(event));
    const isTaken = at !== null && this.topmost.some((overlay) => overlay.click?.(at));
    if (!isTaken) this.pickAt(placeOf(event));
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.describe(event, this.centre);
    if (at !== null && this.topmost.some((overlay) => overlay.key?.(event, at))) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
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
    Enter: () => this.pickAt(this.centre),
  };
}

function placeOf(event: MouseEvent): Point {
  return { x: event.offsetX, y: event.offsetY };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
