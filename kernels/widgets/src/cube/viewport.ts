/**
 * Where the image lies on the stage: pure arithmetic between image and screen.
 *
 * `scale` is CSS pixels per image pixel; `x`, `y` is the image point at the stage's centre.
 */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const MARGIN = 0.96;
const MAX_SCALE = 32;

/** The whole image, centred, with a little air around it. */
export function fit(image: Size, stage: Size): Viewport {
  const scale = MARGIN * Math.min(stage.width / image.width, stage.height / image.height);
  return { x: image.width / 2, y: image.height / 2, scale: Math.max(scale, 1e-4) };
}

export function toScreen(view: Viewport, stage: Size, point: Point): Point {
  return {
    x: (point.x - view.x) * view.scale + stage.width / 2,
    y: (point.y - view.y) * view.scale + stage.height / 2,
  };
}

export function toImage(view: Viewport, stage: Size, point: Point): Point {
  return {
    x: (point.x - stage.width / 2) / view.scale + view.x,
    y: (point.y - stage.height / 2) / view.scale + view.y,
  };
}

/** Moves the image by screen pixels; its edge never passes the stage's centre. */
export function pan(view: Viewport, image: Size, dx: number, dy: number): Viewport {
  return clamp({ ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale }, image);
}

/** Zooms by `factor` so that the image point under `anchor` (screen) stays there. */
export function zoom(
  view: Viewport,
  image: Size,
  stage: Size,
  factor: number,
  anchor: Point,
): Viewport {
  const least = 0.5 * fit(image, stage).scale;
  const scale = Math.min(Math.max(view.scale * factor, least), Math.max(MAX_SCALE, least));
  const held = toImage(view, stage, anchor);
  return clamp(
    {
      x: held.x - (anchor.x - stage.width / 2) / scale,
      y: held.y - (anchor.y - stage.height / 2) / scale,
      scale,
    },
    image,
  );
}

/** The pixel under a screen point, or null beside the image. */
export function pixelAt(view: Viewport, image: Size, stage: Size, point: Point): Point | null {
  const { x, y } = toImage(view, stage, point);
  const inside = x >= 0 && y >= 0 && x < image.width && y < image.height;
  return inside ? { x: Math.floor(x), y: Math.floor(y) } : null;
}

function clamp(view: Viewport, image: Size): Viewport {
  return {
    scale: view.scale,
    x: Math.min(Math.max(view.x, 0), image.width),
    y: Math.min(Math.max(view.y, 0), image.height),
  };
}
