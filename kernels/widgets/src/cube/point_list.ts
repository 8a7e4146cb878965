/** The control points of a view: shared, kept in order, told of to those who show them. */
import type { Disposable, ListLink } from "../host";
import { type ControlPoint, MAX_CONTROL_POINTS } from "./control_points";
import { TEXTS } from "./texts";

export class PointList implements Disposable {
  private points: readonly ControlPoint[];
  private readonly subscription: Disposable | null;

  constructor(
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
    private readonly link: ListLink<ControlPoint> | null,
    initial: readonly ControlPoint[],
  ) {
    const linked = link?.get() ?? [];
    this.points = (linked.length > 0 ? linked : initial).slice(0, MAX_CONTROL_POINTS);
    this.subscription = link?.subscribe((points) => this.show(points)) ?? null;
  }

  /** Those of a layer, in the order they were set. */
  of(layer: string): readonly ControlPoint[] {
    return this.points.filter((each) => each.layer === layer);
  }

  add(point: Pick<ControlPoint, "layer" | "moving" | "fixed">): void {
    if (this.points.length >= MAX_CONTROL_POINTS) {
      this.onError(new Error(TEXTS.tooManyPoints(MAX_CONTROL_POINTS)));
      return;
    }
    this.change([...this.points, { ...point, id: crypto.randomUUID() }]);
  }

  remove(id: string): void {
    this.change(this.points.filter((each) => each.id !== id));
  }

  dispose(): void {
    this.subscription?.dispose();
  }

  private change(points: readonly ControlPoint[]): void {
    this.show(points);
    this.link?.set(points);
  }

  private show(points: readonly ControlPoint[]): void {
    this.points = points.slice(0, MAX_CONTROL_POINTS);
    this.onChange();
  }
}
