/**
 * Draws new regions with pointer and keyboard, and shows those there are.
 *
 * With a tool chosen, a rectangle, a brush stroke and a line are dragged; a polygon is
 * clicked vertex by vertex and closed by a double click or a click on its first one. By
 * keyboard, arrows move the image under the stage's centre as always, Enter sets a point
 * there, Enter again at the same place ends a polygon or stroke, Backspace takes a point
 * back, Escape gives up. Shift adds a stroke to the last brush region.
 */
import { element } from "./element";
import type { Overlay, OverlayPointer } from "./overlay";
import {
  type Region,
  SHAPES,
  type Shape,
  thinned,
  type Vertex,
  vertexAt,
  wholePixels,
} from "./region";
import { drawRegion, drawRegionMark } from "./region_draw";
import type { MarkedRegion } from "./region_list";
import { TEXTS } from "./texts";
import type { Size, Viewport } from "./viewport";

const SAME_PLACE_PX = 8; // on the screen
const DRAFT_COLOR = "#1d1a16";
export const MAX_BRUSH_PX = 500;
const DEFAULT_BRUSH_PX = 5;
const SIGNS: Readonly<Record<Shape, string>> = {
  rectangle: "▭",
  polygon: "⬠",
  brush: "✎",
  line: "╱",
};

export type Drawn = Pick<Region, "shape" | "parts" | "radius">;

export interface ToolEvents {
  add(drawn: Drawn): void;
  /** Another stroke for the last region, if that is a brush's; false if it is not. */
  extend(stroke: readonly Vertex[]): boolean;
  regions(): readonly MarkedRegion[];
  redraw(): void;
  /** A tool was chosen. */
  begin(): void;
  say(text: string): void;
}

export class RegionTools implements Overlay {
  readonly node: HTMLElement;
  private tool: Shape | null = null;
  private points: readonly Vertex[] = [];
  private hovered: Vertex | null = null;
  private isDragging = false;
  private isExtending = false;
  private brush = DEFAULT_BRUSH_PX;
  private readonly buttons = new Map<Shape, HTMLButtonElement>();
  private readonly brushField: HTMLElement;

  constructor(
    private readonly image: Size,
    private readonly events: ToolEvents,
  ) {
    for (const shape of SHAPES) this.buttons.set(shape, this.makeButton(shape));
    this.brushField = element(
      "label",
      { class: "mc-field" },
      TEXTS.brushRadius,
      this.makeBrushRadius(),
    );
    this.node = element(
      "div",
      { class: "mc-tools", role: "group", "aria-label": TEXTS.regionTools },
      element("span", { class: "mc-tools-name" }, TEXTS.region),
      ...this.buttons.values(),
      this.brushField,
    );
    this.choose(null);
  }

  draw(context: CanvasRenderingContext2D, view: Viewport, stage: Size): void {
    for (const marked of this.events.regions()) {
      drawRegion(context, view, stage, marked.region, marked.color);
    }
    for (const marked of this.events.regions()) drawRegionMark(context, view, stage, marked);
    if (this.tool === null || this.points.length === 0) return;
    const follow = this.hovered && !this.isDragging && this.tool !== "brush" ? [this.hovered] : [];
    const parts = [[...this.points, ...follow]];
    drawRegion(context, view, stage, { shape: this.tool, parts, radius: this.brush }, DRAFT_COLOR);
  }

  press(at: OverlayPointer): boolean {
    if (this.tool === null) return false;
    const vertex = vertexAt(at.image, this.image);
    if (this.tool === "polygon") {
      this.addVertex(vertex, at.scale);
      return true;
    }
    this.isDragging = true;
    this.isExtending = this.tool === "brush" && at.shiftKey;
    this.points = [vertex];
    return true;
  }

  drag(at: OverlayPointer): void {
    if (!this.isDragging) return;
    const vertex = vertexAt(at.image, this.image);
    const [first] = this.points;
    this.points = this.tool === "brush" || !first ? [...this.points, vertex] : [first, vertex];
    this.events.redraw();
  }

  release(at: OverlayPointer): void {
    if (!this.isDragging) return;
    this.drag(at);
    this.isDragging = false;
    const [first] = this.points;
    const last = this.points.at(-1);
    const isClick = first && last && isNear(first, last, at.scale);
    if (isClick && this.tool !== "brush") this.abandon();
    else this.finish();
  }

  cancel(): void {
    this.abandon();
  }

  hover(at: OverlayPointer | null): void {
    this.hovered = at && vertexAt(at.image, this.image);
    if (this.points.length > 0) this.events.redraw();
  }

  doublePress(): boolean {
    if (this.tool !== "polygon") return false;
    if (this.points.length > 2) this.finish();
    return true;
  }

  key(event: KeyboardEvent, at: OverlayPointer): boolean {
    if (this.tool === null) return false;
    switch (event.key) {
      case "Enter":
        this.enter(vertexAt(at.image, this.image), at);
        return true;
      case "Backspace":
        this.points = this.points.slice(0, -1);
        this.events.redraw();
        return true;
      case "Escape":
        if (this.points.length > 0) this.abandon();
        else this.choose(null);
        return true;
      default:
        return false;
    }
  }

  private enter(vertex: Vertex, at: OverlayPointer): void {
    this.hovered = null;
    if (this.tool === "polygon") {
      this.addVertex(vertex, at.scale);
      return;
    }
    const last = this.points.at(-1);
    if (this.tool === "brush") {
      this.isExtending = this.isExtending || at.shiftKey;
      if (last && isNear(last, vertex, at.scale)) this.finish();
      else this.setPoints([...this.points, vertex]);
      return;
    }
    if (!last) this.setPoints([vertex]);
    else if (!isNear(last, vertex, at.scale)) {
      this.points = [last, vertex];
      this.finish();
    }
  }

  /** The first vertex again, or the last one, closes the polygon. */
  private addVertex(vertex: Vertex, scale: number): void {
    const [first] = this.points;
    const last = this.points.at(-1);
    const isAgain = [first, last].some((known) => known && isNear(known, vertex, scale));
    if (!isAgain) this.setPoints([...this.points, vertex]);
    else if (this.points.length > 2) this.finish();
  }

  private setPoints(points: readonly Vertex[]): void {
    this.points = points;
    this.events.say(TEXTS.pointsSet(points.length));
    this.events.redraw();
  }

  private finish(): void {
    const { tool, points } = this;
    const isExtending = this.isExtending;
    this.abandon();
    const [first, last] = [points[0], points.at(-1)];
    if (tool === null || !first || !last) return;
    if (tool === "brush") {
      const stroke = thinned(points, this.brush);
      if (isExtending && this.events.extend(stroke)) return;
      this.events.add({ shape: tool, parts: [stroke], radius: this.brush });
      return;
    }
    const part = tool === "rectangle" ? wholePixels(first, last, this.image) : points;
    this.events.add({ shape: tool, parts: [part], radius: 0 });
  }

  private abandon(): void {
    this.points = [];
    this.isDragging = false;
    this.isExtending = false;
    this.events.redraw();
  }

  private choose(tool: Shape | null): void {
    this.tool = tool;
    this.points = [];
    for (const [shape, button] of this.buttons) {
      button.setAttribute("aria-pressed", String(shape === tool));
    }
    this.brushField.hidden = tool !== "brush";
    this.events.redraw();
    if (tool === null) return;
    this.events.begin();
    this.events.say(TEXTS.howToDraw[tool]);
  }

  /** Lets go of the tool: something else takes the pointer. */
  rest(): void {
    if (this.tool !== null) this.choose(null);
  }

  private makeButton(shape: Shape): HTMLButtonElement {
    const title = `${TEXTS.shapes[shape]}: ${TEXTS.howToDraw[shape]}`;
    const attributes = { type: "button", "aria-label": TEXTS.shapes[shape], title };
    const button = element("button", attributes, SIGNS[shape]);
    button.addEventListener("click", () => this.choose(this.tool === shape ? null : shape));
    return button;
  }

  private makeBrushRadius(): HTMLInputElement {
    const input = element("input", {
      type: "number",
      min: 0.5,
      max: MAX_BRUSH_PX,
      step: 0.5,
      value: this.brush,
    });
    input.addEventListener("change", () => {
      this.brush = Math.min(Math.max(input.valueAsNumber || DEFAULT_BRUSH_PX, 0.5), MAX_BRUSH_PX);
      input.value = String(this.brush);
    });
    return input;
  }
}

function isNear(a: Vertex, b: Vertex, scale: number): boolean {
  return Math.hypot(a[0] - b[0], a[1] - b[1]) * scale < SAME_PLACE_PX;
}
