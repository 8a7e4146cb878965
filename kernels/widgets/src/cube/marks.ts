/** What lies over the image: numbered rings at the picked spots, and the scale bar. */
import type { PickedSpectrum } from "./picks";
import { scaleBar } from "./scale_bar";
import { type Size, toScreen, type Viewport } from "./viewport";

const LEAST_RADIUS_PX = 7;
const FONT = "600 12px system-ui, sans-serif";

export function drawMarkers(
  context: CanvasRenderingContext2D,
  view: Viewport,
  stage: Size,
  picked: readonly PickedSpectrum[],
): void {
  context.save();
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { pick, number, color } of picked) {
    const at = toScreen(view, stage, { x: pick.x + 0.5, y: pick.y + 0.5 });
    const radius = Math.max((pick.radius + 0.5) * view.scale, LEAST_RADIUS_PX);
    for (const [width, stroke] of [
      [5, "rgb(255 255 255 / 0.92)"],
      [2.5, color],
    ] as const) {
      context.lineWidth = width;
      context.strokeStyle = stroke;
      context.beginPath();
      context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
      context.stroke();
    }
    drawNumber(context, at.x + radius * 0.72 + 7, at.y - radius * 0.72 - 7, number, color);
  }
  context.restore();
}

function drawNumber(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  number: number,
  color: string,
): void {
  context.beginPath();
  context.arc(x, y, 9, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.stroke();
  context.fillStyle = "#fff";
  context.fillText(String(number), x, y + 0.5);
}

export function drawScaleBar(
  context: CanvasRenderingContext2D,
  view: Viewport,
  stage: Size,
  pixelSizeMm: number,
): void {
  const bar = scaleBar(pixelSizeMm, view.scale, Math.min(140, stage.width / 3));
  const [x, y] = [16, stage.height - 16];
  context.save();
  context.fillStyle = "rgb(20 18 15 / 0.62)";
  context.beginPath();
  context.roundRect(x - 8, y - 22, bar.pixels + 16, 30, 5);
  context.fill();
  context.fillStyle = "#fff";
  context.fillRect(x, y - 3, bar.pixels, 3);
  context.font = FONT;
  context.textAlign = "center";
  context.fillText(bar.text, x + bar.pixels / 2, y - 8);
  context.restore();
}
