/** Draws a control point: a cross with its number, and the way to where the layer has it. */
import type { Point } from "./viewport";

const COLOR = "#14504a";
const HALO = "rgb(255 255 255 / 0.92)";
const ARM_PX = 9;
const FONT = "600 12px system-ui, sans-serif";

/** @param missed Where the layer's half of it lies now, joined by a line. */
export function drawPoint(
  context: CanvasRenderingContext2D,
  at: Point,
  mark: string,
  missed: Point | null = null,
  color: string = COLOR,
): void {
  context.save();
  for (const [width, stroke] of [
    [5, HALO],
    [2, color],
  ] as const) {
    context.lineWidth = width;
    context.strokeStyle = stroke;
    context.beginPath();
    context.moveTo(at.x - ARM_PX, at.y);
    context.lineTo(at.x + ARM_PX, at.y);
    context.moveTo(at.x, at.y - ARM_PX);
    context.lineTo(at.x, at.y + ARM_PX);
    if (missed !== null) {
      context.moveTo(at.x, at.y);
      context.lineTo(missed.x, missed.y);
    }
    context.stroke();
  }
  context.font = FONT;
  context.lineWidth = 3;
  context.strokeStyle = HALO;
  context.strokeText(mark, at.x + 6, at.y - 6);
  context.fillStyle = color;
  context.fillText(mark, at.x + 6, at.y - 6);
  context.restore();
}
