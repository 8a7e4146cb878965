/** Puts points one after the other until a measurement has all of its own. */
import type { PickedPoint, SurfaceTool, Vector } from "../scene";
import { length, minus } from "../triangles";
import { planeOf } from "./cut_lines";
import { type Kind, type Mark, POINTS } from "./mark";
import { meanDirection } from "./preview";
import { TEXTS, type ToolName } from "./texts";

/** What is being drawn; the point under the pointer counts as put. */
export type Drawing = Pick<Mark, "kind" | "points" | "along">;

export interface ToolEvents {
  /** Points were put or taken back, or the pointer moved. */
  changed(): void;
  done(drawn: Pick<Mark, "kind" | "points" | "along" | "within">): void;
  /** Escape with no points, or another tool. */
  rested(): void;
  say(text: string): void;
}

export class MeasureTool implements SurfaceTool {
  private picked: readonly PickedPoint[] = [];
  private over: PickedPoint | null = null;

  /** @param toViewer - Where the viewer is, as a unit vector. */
  constructor(
    readonly name: ToolName,
    private readonly events: ToolEvents,
    private readonly toViewer: () => Vector,
  ) {}

  get kind(): Kind {
    return this.name === "section2" || this.name === "section3" ? "section" : this.name;
  }

  get points(): readonly Vector[] {
    return this.picked.map(({ point }) => point);
  }

  /** With the point under the pointer; null before the first point. */
  get drawing(): Drawing | null {
    const points = this.over ? [...this.points, this.over.point] : this.points;
    if (points.length === 0) return null;
    return { kind: this.kind, points: points.slice(0, this.most), along: this.along };
  }

  get hovered(): Vector | null {
    return this.over?.point ?? null;
  }

  /** What to do next. */
  get step(): string {
    const steps = TEXTS.steps[this.name];
    if (this.name === "polyline" && this.picked.length > 1) return TEXTS.polylineEnd;
    return steps[Math.min(this.picked.length, steps.length - 1)] ?? "";
  }

  get canFinish(): boolean {
    return this.name === "polyline" && this.picked.length >= POINTS.polyline[0];
  }

  put(picked: PickedPoint): void {
    const last = this.picked.at(-1);
    const isAgain = last !== undefined && length(minus(last.point, picked.point)) === 0;
    if (isAgain) {
      if (this.canFinish) this.finish();
      return;
    }
    this.picked = [...this.picked, picked];
    if (this.picked.length >= this.most) {
      this.finish();
      return;
    }
    this.events.say(`${TEXTS.point(this.picked.length)}. ${this.step}`);
    this.events.changed();
  }

  hover(picked: PickedPoint | null): void {
    this.over = picked;
    this.events.changed();
  }

  key(event: KeyboardEvent): boolean {
    if (event.key === "Backspace" || event.key === "Delete") this.back();
    else if (event.key === "Escape") this.escape();
    else return false;
    return true;
  }

  /** Takes the last point back. */
  back(): void {
    this.picked = this.picked.slice(0, -1);
    this.events.say(this.step);
    this.events.changed();
  }

  finish(): void {
    const drawn = {
      kind: this.kind,
      points: this.points,
      along: this.along,
      within: Math.max(0, ...this.picked.map(({ within }) => within)),
    };
    if (drawn.kind === "section" && !planeOf(drawn.points, drawn.along)) {
      this.events.say(TEXTS.flat);
      this.back();
      return;
    }
    this.picked = [];
    this.over = null;
    this.events.done(drawn);
  }

  rest(): void {
    this.picked = [];
    this.over = null;
    this.events.rested();
  }

  private get most(): number {
    return this.name === "section2" ? 2 : POINTS[this.kind][1];
  }

  private get along(): Vector | null {
    if (this.name === "section2") return this.toViewer();
    if (this.name !== "geodesic") return null;
    const over = this.over ? [this.over] : [];
    return meanDirection([...this.picked, ...over].map(({ normal }) => normal));
  }

  private escape(): void {
    if (this.canFinish) this.finish();
    else if (this.picked.length > 0) {
      this.picked = [];
      this.events.say(this.step);
      this.events.changed();
    } else this.rest();
  }
}
