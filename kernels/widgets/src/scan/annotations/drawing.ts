/** The tool that marks a place: points put on the surface, until the shape is finished. */
import type { PickedPoint, ScanScene, ScreenPoint, SurfaceTool, Vector } from "../scene";
import { leastPoints, MAX_POINTS, type Shape } from "./model";
import { TEXTS } from "./texts";

const NEAR_PX = 9;

export interface DrawingEvents {
  /** Another point was put, or taken back. */
  change(): void;
  finish(shape: Shape, points: readonly Vector[]): void;
  /** Another tool is in use, or none. */
  rest(): void;
}

export class DrawingTool implements SurfaceTool {
  private readonly placed: Vector[] = [];
  private over: Vector | null = null;

  constructor(
    readonly shape: Shape,
    private readonly scene: ScanScene,
    private readonly events: DrawingEvents,
  ) {}

  get points(): readonly Vector[] {
    return this.placed;
  }

  /** The points, and the place under the pointer. */
  get preview(): readonly Vector[] {
    return this.over ? [...this.placed, this.over] : this.placed;
  }

  get canFinish(): boolean {
    return this.placed.length >= leastPoints(this.shape);
  }

  put(picked: PickedPoint, at: ScreenPoint): void {
    if (this.closesAt(at)) {
      this.finish();
      return;
    }
    if (this.placed.length >= MAX_POINTS) {
      this.scene.say(TEXTS.tooManyPoints(MAX_POINTS));
      return;
    }
    this.placed.push(picked.point);
    if (this.shape === "point") this.finish();
    else {
      this.scene.say(TEXTS.pointPut(this.placed.length));
      this.events.change();
    }
  }

  hover(picked: PickedPoint | null): void {
    this.over = this.placed.length > 0 ? (picked?.point ?? null) : null;
    this.events.change();
  }

  key(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Escape") {
      this.cancel();
      return true;
    }
    if (event.key === "Backspace" && this.placed.length > 0) {
      this.undo();
      return true;
    }
    if (event.key.toLowerCase() === "f" && this.canFinish) {
      this.finish();
      return true;
    }
    return false;
  }

  rest(): void {
    this.events.rest();
  }

  undo(): void {
    this.placed.pop();
    this.over = null;
    this.scene.say(TEXTS.pointTaken(this.placed.length));
    this.events.change();
  }

  /** Takes back all points; the second time the tool is put away. */
  cancel(): void {
    if (this.placed.length === 0) {
      this.scene.use(null);
      return;
    }
    this.placed.length = 0;
    this.over = null;
    this.events.change();
  }

  finish(): void {
    if (!this.canFinish) return;
    const points = this.placed.splice(0);
    this.over = null;
    this.scene.use(null);
    this.events.finish(this.shape, points);
  }

  /** A click on the first corner closes a polygon; on the last point it ends a line. */
  private closesAt(at: ScreenPoint): boolean {
    if (!this.canFinish) return false;
    const end = this.shape === "polygon" ? this.placed[0] : this.placed.at(-1);
    const place = end && this.scene.project(end);
    return place ? Math.hypot(place.x - at.x, place.y - at.y) < NEAR_PX : false;
  }
}
