/** Draws regions over the image, in the colour of their spectra. */

import type { Region, Vertex } from "./region";
import type { MarkedRegion } from "./region_list";
import { type Point, type Size, toScreen, type Viewport } from "./viewport";

const FONT = "600 12px system-ui, sans-serif";
const HALO = "rgb(255 255 255 / 0.92)";
const LEAST_BRUSH_PX = 3;

export type Shown = Pick<Region, "shape" | "parts" | "radius">;

export function drawRegion(
  context: CanvasRenderingContext2D,
  view: Viewport,
  stage: Size,
  { shape, parts, radius }: Shown,
  color: string,
): void {
  context.save();
  context.lineJoin = "round";
  context.lineCap = "round";
  for (const part of parts) {
    const points = part.map(([x, y]) => toScreen(view, stage, { x, y }));
    if (shape === "brush")
      paint(context, points, Math.max(2 * radius * view.scale, LEAST_BRUSH_PX), color);
    else outline(context, shape, points, color);
  }
  context.restore();
}

/** A letter beside the region's uppermost point. */
export function drawRegionMark(
  context: CanvasRenderingContext2D,
  view: Viewport,
  stage: Size,
  { region, mark, color }: MarkedRegion,
): void {
  const top = region.parts.flat().reduce<Vertex | null>((best, each) => {
    return best === null || each[1] < best[1] ? each : best;
  }, null);
  if (top === null) return;
  const reach = region.shape === "brush" ? region.radius : 0;
  const at = toScreen(view, stage, { x: top[0], y: top[1] - reach });
  const [x, y] = [at.x, Math.max(at.y - 12, 12)];
  context.save();
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const width = Math.max(18, context.measureText(mark).width + 10);
  context.beginPath();
  context.roundRect(x - width / 2, y - 9, width, 18, 4);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.stroke();
  context.fillStyle = "#fff";
  context.fillText(mark, x, y + 0.5);
  context.restore();
}

function outline(
  context: CanvasRenderingContext2D,
  shape: Region["shape"],
  points: readonly Point[],
  color: string,
): void {
  const [first, second] = points;
  if (!first) return;
  context.beginPath();
  if (shape === "rectangle" && second) {
    context.rect(first.x, first.y, second.x - first.x, second.y - first.y);
  } else {
    trace(context, points);
    if (shape === "polygon" && points.length > 2) context.closePath();
  }
  if (shape !== "line" && points.length > 1) {
    context.globalAlpha = 0.16;
    context.fillStyle = color;
    context.fill();
    context.globalAlpha = 1;
  }
  for (const [width, stroke] of [
    [4.5, HALO],
    [2.25, color],
  ] as const) {
    context.lineWidth = width;
    context.strokeStyle = stroke;
    context.stroke();
  }
}

function paint(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  width: number,
  color: string,
): void {
  const [first] = points;
  if (!first) return;
  context.beginPath();
  trace(context, points);
  if (points.length === 1) context.lineTo(first.x, first.y);
  for (const [extra, stroke, alpha] of [
    [3, HALO, 0.55],
    [0, color, 0.5],
  ] as const) {
    context.globalAlpha = alpha;
    context.lineWidth = width + extra;
    context.strokeStyle = stroke;
    context.stroke();
  }
  context.globalAlpha = 1;
}

function trace(context: CanvasRenderingContext2D, points: readonly Point[]): void {
  points.forEach(({ x, y }, index) => {
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
}
