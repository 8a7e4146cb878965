/**
 * Draws annotations over the picture: a numbered marker each, lines and polygons as outlines.
 *
 * What the surface hides is drawn faintly. That costs a pick for each marker, so it is found out
 * a few markers at a time, once the picture stands still.
 */
import { svg } from "../../cube/element";
import type { Disposable } from "../../host";
import type { ScanScene, ScreenPoint, Vector } from "../scene";
import { type Annotation, placeOf, type Shape } from "./model";
import { paintMark } from "./painting";

const MOST_DRAWN = 400;
const STILL_MS = 120;
const AT_ONCE = 12;
const RADIUS = 10;

export interface Marked {
  readonly annotation: Annotation;
  readonly number: number;
}

export class Markers implements Disposable {
  private readonly layer: SVGGElement;
  private readonly watches: readonly Disposable[];
  private readonly hidden = new Map<string, boolean>();
  private marked: readonly Marked[] = [];
  private selected: string | null = null;
  private draft: { readonly shape: Shape; readonly points: readonly Vector[] } | null = null;
  private view = "";
  /** Of which it is still to be found out whether they are hidden. */
  private unknown: readonly Marked[] = [];
  private timer = 0;

  constructor(
    private readonly scene: ScanScene,
    private readonly select: (id: string) => void,
  ) {
    this.layer = scene.addLayer("annotations");
    this.watches = [
      scene.onFrame(() => this.draw()),
      scene.onPicture((context) => this.paint(context)),
    ];
  }

  show(marked: readonly Marked[], selected: string | null): void {
    this.marked = marked.slice(0, MOST_DRAWN);
    this.selected = selected;
    this.draw();
    this.findOut(this.marked.filter(({ annotation: { id } }) => !this.hidden.has(id)));
  }

  /** Shows what is being drawn. */
  showDraft(shape: Shape, points: readonly Vector[]): void {
    this.draft = points.length > 0 ? { shape, points } : null;
    this.draw();
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    for (const each of this.watches) each.dispose();
    this.layer.remove();
  }

  private draw(): void {
    this.noticeMoves();
    const isSelected = ({ annotation: { id } }: Marked) => id === this.selected;
    const order = [...this.marked].sort((a, b) => Number(isSelected(a)) - Number(isSelected(b)));
    const nodes = order.flatMap((each) => this.drawOne(each, isSelected(each)) ?? []);
    const draft = this.drawDraft();
    this.layer.replaceChildren(...nodes, ...(draft ? [draft] : []));
  }

  private paint(context: CanvasRenderingContext2D): void {
    for (const { annotation, number } of this.marked) {
      const { id, shape, status, points } = annotation;
      const isHidden = this.hidden.get(id) === true;
      const places = this.projected(points);
      paintMark(context, { number, shape, isResolved: status === "resolved", isHidden, places });
    }
  }

  private drawOne(marked: Marked, isSelected: boolean): SVGGElement | null {
    const { annotation, number } = marked;
    const at = this.scene.project(placeOf(annotation));
    if (!at) return null;
    const { status, shape, points, id } = annotation;
    const isHidden = this.hidden.get(id) === true;
    const classes = ["ma-mark", `is-${status}`];
    if (isSelected) classes.push("is-selected");
    if (isHidden) classes.push("is-hidden");
    if (annotation.moved_m !== null) classes.push("is-moved");
    const node = svg("g", { class: classes.join(" ") });
    if (shape !== "point") node.append(...this.outline(shape, points));
    const badge = svg(
      "g",
      { class: "ma-badge", transform: `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})` },
      svg("circle", { r: isSelected ? RADIUS + 2 : RADIUS }),
      svg("text", { y: 3.8 }, String(number)),
    );
    badge.addEventListener("pointerdown", (event) => event.stopPropagation());
    badge.addEventListener("click", (event) => {
      event.stopPropagation();
      this.select(id);
    });
    node.append(badge);
    return node;
  }

  private drawDraft(): SVGGElement | null {
    if (!this.draft) return null;
    const { shape, points } = this.draft;
    const node = svg("g", { class: "ma-mark ma-draft" }, ...this.outline(shape, points));
    for (const place of this.projected(points)) {
      node.append(svg("circle", { class: "ma-node", cx: place.x, cy: place.y, r: 4 }));
    }
    return node;
  }

  /** A light line under a coloured one: seen on dark and on light surfaces. */
  private outline(shape: Shape, points: readonly Vector[]): SVGElement[] {
    const places = this.projected(points);
    if (places.length < 2) return [];
    const text = places.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    const tag = shape === "polygon" ? "polygon" : "polyline";
    return [
      svg(tag, { class: "ma-halo", points: text }),
      svg(tag, { class: `ma-line ma-${shape}`, points: text }),
    ];
  }

  private projected(points: readonly Vector[]): ScreenPoint[] {
    return points.flatMap((point) => this.scene.project(point) ?? []);
  }

  private noticeMoves(): void {
    const view = JSON.stringify([this.scene.camera, this.scene.size]);
    if (view === this.view) return;
    this.view = view;
    this.unknown = [];
    this.findOut(this.marked);
  }

  /** Finds out what is hidden, once nothing has moved for a moment. */
  private findOut(marked: readonly Marked[]): void {
    if (marked.length === 0) return;
    this.unknown = [...this.unknown, ...marked];
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.findSome(), STILL_MS);
  }

  private findSome(): void {
    let isNew = false;
    for (const { annotation } of this.unknown.slice(0, AT_ONCE)) {
      const isHidden = this.scene.isHidden(placeOf(annotation));
      isNew ||= this.hidden.get(annotation.id) !== isHidden;
      this.hidden.set(annotation.id, isHidden);
    }
    this.unknown = this.unknown.slice(AT_ONCE);
    if (this.unknown.length > 0) this.timer = window.setTimeout(() => this.findSome());
    if (isNew) this.draw();
  }
}
