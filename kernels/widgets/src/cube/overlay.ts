/**
 * What lies over the image and may take the pointer: marks, regions, lines, control points.
 *
 * The stage draws overlays in the order they were added and offers what the pointer and the
 * keyboard do in the opposite order, uppermost first. An overlay that returns true from
 * `press` has the pointer until `release` or `cancel`: nothing is panned or picked meanwhile.
 */
import type { Point, Size, Viewport } from "./viewport";

/** Where a pointer is, on the stage and on the image. */
export interface OverlayPointer {
  /** CSS pixels from the stage's top left corner. */
  readonly screen: Point;
  /** Pixels of the base image, with fractions; may lie beside the image. */
  readonly image: Point;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  /** Of the view: CSS pixels per image pixel. */
  readonly scale: number;
}

export interface Overlay {
  draw(context: CanvasRenderingContext2D, view: Viewport, stage: Size): void;
  press?(at: OverlayPointer): boolean;
  /** A press that nobody took, and that did not move. True if it was for this overlay. */
  click?(at: OverlayPointer): boolean;
  /** Every movement while the pointer is taken. */
  drag?(at: OverlayPointer): void;
  release?(at: OverlayPointer): void;
  /** The gesture ended without a release: a second finger, or the browser took it. */
  cancel?(): void;
  /** The pointer moves without being taken, or left the stage (null). */
  hover?(at: OverlayPointer | null): void;
  /** A key on the focused image; `at` is the stage's centre. True if it was for this overlay. */
  key?(event: KeyboardEvent, at: OverlayPointer): boolean;
  doublePress?(at: OverlayPointer): boolean;
}
