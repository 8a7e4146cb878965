/**
 * What tools that mark something on a scan are given: points of the surface, places on screen,
 * a drawing layer over the picture, the camera, and room beside the picture.
 *
 * Points are metres in the scan's own frame; places are CSS pixels from the picture's upper left.
 */
import type { Disposable } from "../host";
import type { TrianglePlace } from "./layers/store";
import type { Crossed } from "./triangles";

export type Vector = readonly [number, number, number];

/** A point of the displayed surface. */
export interface PickedPoint {
  /** The displayed vertex if one is near on screen, else where the ray hits the triangle. */
  readonly point: Vector;
  /** Whether `point` is a vertex: each displayed vertex is a measured one. */
  readonly isVertex: boolean;
  /** Unit normal of the triangle, towards the viewer. */
  readonly normal: Vector;
  /** Metres that the measured surface may be off the displayed one here; 0 at a vertex. */
  readonly within: number;
  /** Where on which displayed triangle. */
  readonly place?: TrianglePlace;
}

export interface ScreenPoint {
  readonly x: number;
  readonly y: number;
}

/** How the scan is looked at; the same in every browser. */
export interface CameraState {
  /** Degrees around the object; 0 looks from +x, 90 from +y. */
  readonly azimuth: number;
  /** Degrees above the horizon. */
  readonly elevation: number;
  /** From the target, in metres. */
  readonly distance: number;
  readonly target: Vector;
  readonly isOrthographic: boolean;
}

/** Takes clicks and keys while it is in use. Dragging still turns the scan. */
export interface SurfaceTool {
  /** A point was put: by a click, or by Enter at the crosshair in the middle. */
  put(picked: PickedPoint, at: ScreenPoint): void;
  /** The pointer rests on a point of the surface, or left it. */
  hover?(picked: PickedPoint | null): void;
  /** A key of its own; true if it was taken. */
  key?(event: KeyboardEvent): boolean;
  /** Another tool is used now, or none. */
  rest(): void;
}

/** Draws into a saved picture what a layer shows on screen; in CSS pixels. */
export type PicturePainter = (context: CanvasRenderingContext2D) => void;

/** A button that is on or off. */
export interface Toggle {
  readonly node: HTMLElement;
  set(isOn: boolean): void;
}

export interface ScanScene {
  /** The surface at a place on screen; null beside it. */
  pick(x: number, y: number): PickedPoint | null;
  /** Where a point is on screen; null behind the camera. */
  project(point: Vector): ScreenPoint | null;
  /** Whether the displayed surface hides a point. Costs as much as a pick. */
  isHidden(point: Vector): boolean;
  /** Unit vector from the target to the camera. */
  readonly toViewer: Vector;
  /** Of the picture, in CSS pixels. */
  readonly size: { readonly width: number; readonly height: number };
  camera: CameraState;
  /** A group over the picture; takes no clicks unless its style says `pointer-events: auto`. */
  addLayer(name: string): SVGGElement;
  /** Calls after each frame, so that a layer follows the picture; sharp: nothing is to come. */
  onFrame(listener: (isSharp: boolean) => void): Disposable;
  /** Changes when other triangles are displayed. */
  readonly surfaceVersion: number;
  /** Calls while a pointer without a pressed button moves over the picture; null: it left. */
  onPointer(listener: (at: ScreenPoint | null) => void): Disposable;
  /** Calls when a picture is saved, so that a layer is on it too. */
  onPicture(paint: PicturePainter): Disposable;
  /** The displayed triangles that a plane crosses. */
  readonly crossed: Crossed;
  /** Draws in the next frame. */
  invalidate(): void;
  /** Lets a tool take clicks; null puts the present one to rest. */
  use(tool: SurfaceTool | null): void;
  readonly tool: SurfaceTool | null;
  /** Gives the keyboard to the picture. */
  focus(): void;
  /** A button in the head: `icon` is a path in a square of 24. */
  addToggle(icon: string, name: string, change: (isOn: boolean) => void): Toggle;
  /** A row of controls between head and picture. */
  addBar(node: HTMLElement): void;
  /** Something that stands over the picture. */
  addOverlay(node: HTMLElement): void;
  /** A part under the picture. */
  addSection(node: HTMLElement): void;
  /** Tells screen readers. */
  say(text: string): void;
  /** Tells everybody what went wrong, over the picture. */
  complain(message: string, hint: string): void;
}
