/** Lines, points and labels of measurements over the picture, on screen and in saved pictures. */
import { svg } from "../../cube/element";
import type { ScanScene, ScreenPoint, Vector } from "../scene";
import type { Kind } from "./mark";
import { TEXTS } from "./texts";

/** What is drawn for one measurement. */
export interface DrawnMark {
  readonly kind: Kind;
  readonly points: readonly Vector[];
  readonly color: string;
  /** Empty: no label. */
  readonly text: string;
  readonly isPreview: boolean;
  readonly isChosen: boolean;
}

interface Label extends ScreenPoint {
  readonly text: string;
  readonly color: string;
  readonly isPreview: boolean;
}

/** All in CSS pixels. */
interface Shapes {
  readonly lines: readonly {
    readonly ends: readonly ScreenPoint[];
    readonly color: string;
    readonly isWide: boolean;
  }[];
  readonly dots: readonly (ScreenPoint & { readonly color: string; readonly radius: number })[];
  readonly labels: readonly Label[];
}

const FONT = "12px system-ui, sans-serif";
const LETTER_PX = 6.7;
const LABEL_PX = 20;
const PADDING_PX = 7;
const TRIES = 8;
/** A section and a way over the surface have lines of their own, on it. */
const STRAIGHT: ReadonlySet<Kind> = new Set(["distance", "polyline", "angle"]);

export class MarksLayer {
  private readonly layer: SVGGElement;

  constructor(private readonly scene: ScanScene) {
    this.layer = scene.addLayer("measure");
  }

  draw(marks: readonly DrawnMark[], hovered: Vector | null): void {
    const { lines, dots, labels } = this.shapes(marks);
    const over = hovered && this.scene.project(hovered);
    this.layer.replaceChildren(
      ...lines.flatMap(({ ends, color, isWide }) => {
        const points = ends.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
        return [
          svg("polyline", { class: "mm-halo", points }),
          svg("polyline", { class: isWide ? "mm-line mm-wide" : "mm-line", points, stroke: color }),
        ];
      }),
      ...dots.map(({ x, y, color, radius }) =>
        svg("circle", { class: "mm-dot", cx: x, cy: y, r: radius, fill: color }),
      ),
      ...labels.map(makeLabel),
      ...(over ? [svg("circle", { class: "mm-hover", cx: over.x, cy: over.y, r: 6 })] : []),
    );
  }

  /** The same on a canvas. */
  paint(context: CanvasRenderingContext2D, marks: readonly DrawnMark[]): void {
    const { lines, dots, labels } = this.shapes(marks);
    context.lineJoin = context.lineCap = "round";
    for (const { ends, color } of lines) {
      const path = new Path2D();
      for (const { x, y } of ends) path.lineTo(x, y);
      for (const [style, width] of [
        ["#ffffffcc", 4.5],
        [color, 2],
      ] as const) {
        context.strokeStyle = style;
        context.lineWidth = width;
        context.stroke(path);
      }
    }
    for (const { x, y, color, radius } of dots) {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = color;
      context.strokeStyle = "#ffffff";
      context.lineWidth = 1.5;
      context.fill();
      context.stroke();
    }
    context.font = FONT;
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const label of labels) paintLabel(context, label);
    context.textBaseline = "alphabetic";
  }

  private shapes(marks: readonly DrawnMark[]): Shapes {
    const lines: Shapes["lines"][number][] = [];
    const dots: Shapes["dots"][number][] = [];
    const labels: Label[] = [];
    for (const { kind, points, color, text, isPreview, isChosen } of marks) {
      const seen = points.map((point) => this.scene.project(point));
      const ends = seen.filter((point) => point !== null);
      if (STRAIGHT.has(kind) && ends.length === points.length && ends.length > 1) {
        lines.push({ ends, color, isWide: isChosen });
      }
      for (const { x, y } of ends) dots.push({ x, y, color, radius: isChosen ? 5 : 4 });
      const at = text === "" ? null : labelPlace(kind, ends);
      if (at) labels.push(this.free({ ...at, text, color, isPreview }, labels));
    }
    return { lines, dots, labels };
  }

  /** Beside what is there already, and within the picture. */
  private free(wanted: Label, placed: readonly Label[]): Label {
    const { width, height } = this.scene.size;
    const x = Math.max(4, Math.min(width - widthOf(wanted) - 4, wanted.x + 8));
    let y = Math.max(LABEL_PX, Math.min(height - LABEL_PX, wanted.y - 14));
    const isTaken = (other: Label) =>
      Math.abs(other.y - y) < LABEL_PX &&
      other.x < x + widthOf(wanted) &&
      x < other.x + widthOf(other);
    for (let tries = 0; tries < TRIES && placed.some(isTaken); tries += 1) y += LABEL_PX;
    return { ...wanted, x, y };
  }
}

function labelPlace(kind: Kind, ends: readonly ScreenPoint[]): ScreenPoint | null {
  const [a, b] = ends;
  if (kind === "angle") return b ?? null;
  if (kind === "polyline") return ends.at(-1) ?? null;
  if (!a || !b) return null;
  return kind === "section" ? a : { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function shownText({ text, isPreview }: Label): string {
  return isPreview ? `${text} · ${TEXTS.preview}` : text;
}

function widthOf(label: Label): number {
  return shownText(label).length * LETTER_PX + 2 * PADDING_PX;
}

function makeLabel(label: Label): SVGGElement {
  const { x, y, color, isPreview } = label;
  return svg(
    "g",
    { class: isPreview ? "mm-label mm-preview" : "mm-label", transform: `translate(${x} ${y})` },
    svg("rect", {
      y: -LABEL_PX / 2,
      width: widthOf(label).toFixed(0),
      height: LABEL_PX - 2,
      rx: 5,
      fill: color,
    }),
    svg("text", { x: PADDING_PX, y: 3 }, shownText(label)),
  );
}

function paintLabel(context: CanvasRenderingContext2D, label: Label): void {
  const { x, y, color } = label;
  const text = shownText(label);
  context.fillStyle = color;
  context.beginPath();
  const width = context.measureText(text).width + 2 * PADDING_PX;
  context.roundRect(x, y - LABEL_PX / 2, width, LABEL_PX - 2, 5);
  context.fill();
  context.fillStyle = "#ffffff";
  context.fillText(text, x + PADDING_PX, y - 0.5);
}
