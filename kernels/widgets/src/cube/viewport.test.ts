import { describe, expect, test } from "vitest";
import { fit, pan, pixelAt, toImage, toScreen, zoom } from "./viewport";

const IMAGE = { width: 640, height: 480 };
const STAGE = { width: 400, height: 400 };

describe("viewport", () => {
  test("fits the whole image and centres it", () => {
    const view = fit(IMAGE, STAGE);
    expect(view).toMatchObject({ x: 320, y: 240 });
    expect(640 * view.scale).toBeLessThanOrEqual(400);
  });

  test("goes from image to screen and back", () => {
    const view = { x: 100, y: 50, scale: 3 };
    const point = { x: 12.5, y: 400 };
    const back = toImage(view, STAGE, toScreen(view, STAGE, point));
    expect(back.x).toBeCloseTo(point.x);
    expect(back.y).toBeCloseTo(point.y);
  });

  test("zooms around the pointer", () => {
    const anchor = { x: 310, y: 120 };
    const view = fit(IMAGE, STAGE);
    const before = toImage(view, STAGE, anchor);
    const after = toImage(zoom(view, IMAGE, STAGE, 4, anchor), STAGE, anchor);
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  test("never zooms or moves the image out of sight", () => {
    const view = fit(IMAGE, STAGE);
    const far = zoom(view, IMAGE, STAGE, 1e-9, { x: 0, y: 0 });
    expect(far.scale).toBeCloseTo(view.scale / 2);
    expect(zoom(view, IMAGE, STAGE, 1e9, { x: 200, y: 200 }).scale).toBe(32);
    expect(pan(view, IMAGE, 1e6, -1e6)).toMatchObject({ x: 0, y: 480 });
  });

  test("finds the pixel under the pointer, and none beside the image", () => {
    const view = { x: 320, y: 240, scale: 1 };
    expect(pixelAt(view, IMAGE, STAGE, { x: 200.9, y: 200.2 })).toEqual({ x: 320, y: 240 });
    expect(pixelAt({ ...view, x: 0 }, IMAGE, STAGE, { x: 199, y: 200 })).toBeNull();
  });
});
