/** Draws annotations into a saved picture as the layer over the picture shows them. */
import type { ScreenPoint } from "../scene";
import type { Shape } from "./model";

const INK = "#14594f";
const PAPER = "#ffffff";
const RADIUS = 10;

export interface PaintedMark {
  readonly number: number;
  readonly shape: Shape;
  readonly isResolved: boolean;
  readonly isHidden: boolean;
  readonly places: readonly ScreenPoint[];
}

export function paintMark(context: CanvasRenderingContext2D, mark: PaintedMark): void {
  const [first] = mark.places;
  if (!first) return;
  context.save();
  context.globalAlpha = mark.isHidden ? 0.35 : 1;
  context.lineJoin = context.lineCap = "round";
  if (mark.places.length > 1) paintOutline(context, mark);
  context.beginPath();
  context.arc(first.x, first.y, RADIUS, 0, 2 * Math.PI);
  context.fillStyle = mark.isResolved ? PAPER : INK;
  context.strokeStyle = mark.isResolved ? INK : PAPER;
  context.lineWidth = 2;
  context.fill();
  context.stroke();
  context.fillStyle = mark.isResolved ? INK : PAPER;
  context.font = "600 11px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(mark.number), first.x, first.y);
  context.restore();
}

function paintOutline(context: CanvasRenderingContext2D, { places, shape }: PaintedMark): void {
  context.beginPath();
  for (const { x, y } of places) context.lineTo(x, y);
  if (shape === "polygon") {
    context.closePath();
    context.fillStyle = "rgb(20 89 79 / 16%)";
    context.fill();
  }
  for (const [color, width] of [
    ["rgb(255 255 255 / 80%)", 4.5],
    [INK, 2.2],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.stroke();
  }
}
