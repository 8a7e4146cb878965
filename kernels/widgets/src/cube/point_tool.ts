/**
 * Sets control points on the stage: one place in the layer, then the same place in the base.
 *
 * While it is on, the stage shows the one of both that is to be pointed at. A click sets the
 * place, dragging moves the image as always; by keyboard Enter sets it at the stage's centre,
 * Backspace takes back the first half, or the last point, and Escape ends.
 */
import type { ControlPoint } from "./control_points";
import { apply, invert, type Matrix } from "./matrix";
import type { Overlay, OverlayPointer } from "./overlay";
import { drawPoint } from "./point_draw";
import { type Point, type Size, toScreen, type Viewport } from "./viewport";

const HALF = 0.5; // from a pixel's corner, where the stage counts from, to its centre
const DRAFT_COLOR = "#b3261e";

type Place = readonly [number, number];

/** What is to be pointed at next; null while the tool is off. */
export type Step = "moving" | "fixed" | null;

export interface PointSource {
  /** Whether the points are drawn. */
  readonly isOpen: boolean;
  readonly points: readonly ControlPoint[];
  /** From the layer's pixel corners to the base's, as it lies now. */
  readonly toBase: Matrix;
  /** Of both images, in pixels. */
  sizeOf(side: "moving" | "fixed"): Size;
  add(moving: Place, fixed: Place): void;
  removeLast(): void;
  /** Another half is to be set, or the tool was turned on or off. */
  stepped(step: Step): void;
  redraw(): void;
}

export class PointTool implements Overlay {
  private pending: Place | null = null;
  private isOn = false;

  constructor(private readonly source: PointSource) {}

  get step(): Step {
    if (!this.isOn) return null;
    return this.pending === null ? "moving" : "fixed";
  }

  turn(isOn: boolean): void {
    this.isOn = isOn;
    this.wait(null);
  }

  draw(context: CanvasRenderingContext2D, view: Viewport, stage: Size): void {
    if (!this.source.isOpen) return;
    const screen = (point: Point) => toScreen(view, stage, point);
    this.source.points.forEach(({ moving, fixed }, index) => {
      const [ours, theirs] = [this.onBase("moving", moving), this.onBase("fixed", fixed)];
      const mark = String(index + 1);
      if (this.step === "moving") drawPoint(context, screen(ours), mark);
      else drawPoint(context, screen(theirs), mark, this.step === null ? screen(ours) : null);
    });
    if (this.pending !== null) {
      drawPoint(context, screen(this.onBase("moving", this.pending)), "?", null, DRAFT_COLOR);
    }
  }

  click(at: OverlayPointer): boolean {
    const { step } = this;
    if (step !== null) this.set(step, at.image);
    return step !== null;
  }

  key(event: KeyboardEvent, at: OverlayPointer): boolean {
    const { step } = this;
    if (step === null) return false;
    switch (event.key) {
      case "Enter":
        this.set(step, at.image);
        return true;
      case "Backspace":
        if (this.pending === null) this.source.removeLast();
        else this.wait(null);
        return true;
      case "Escape":
        if (this.pending === null) this.turn(false);
        else this.wait(null);
        return true;
      default:
        return false;
    }
  }

  /** Beside the image that is to be pointed at, nothing is set. */
  private set(step: "moving" | "fixed", onStage: Point): void {
    const place = this.placeOf(step, onStage);
    if (place === null) return;
    if (this.pending === null) {
      this.wait(place);
      return;
    }
    const moving = this.pending;
    this.pending = null;
    this.source.add(moving, place);
    this.wait(null);
  }

  private wait(pending: Place | null): void {
    this.pending = pending;
    this.source.stepped(this.step);
    this.source.redraw();
  }

  private placeOf(side: "moving" | "fixed", onStage: Point): Place | null {
    const { x, y } = side === "fixed" ? onStage : apply(invert(this.source.toBase), onStage);
    const { width, height } = this.source.sizeOf(side);
    const isInside = x >= 0 && y >= 0 && x <= width && y <= height;
    return isInside ? [hundredths(x - HALF), hundredths(y - HALF)] : null;
  }

  private onBase(side: "moving" | "fixed", [x, y]: Place): Point {
    const corner = { x: x + HALF, y: y + HALF };
    return side === "fixed" ? corner : apply(this.source.toBase, corner);
  }
}

function hundredths(value: number): number {
  return Math.round(100 * value) / 100;
}
