/**
 * Where a registered layer lies: affine maps between its pixels, the base's pixels and the screen.
 *
 * A view specification counts pixels as arrays do: the first pixel's *centre* is 0, 0. The
 * stage counts as a canvas does: the first pixel's *corner* is 0, 0. `fromRows` is the one
 * place that goes from one to the other.
 */
import type { Point, Size, Viewport } from "./viewport";

/** x' = a x + c y + e, y' = b x + d y + f: the order of a canvas. */
export interface Matrix {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

export const IDENTITY: Matrix = { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 };

const HALF = 0.5;

/**
 * Reads the nine numbers of a 3 x 3 matrix, row by row, from layer to base pixel centres.
 *
 * @returns null unless they are finite numbers of an affine map that can be undone.
 */
export function fromRows(rows: unknown): Matrix | null {
  if (!Array.isArray(rows) || rows.length !== 9 || !rows.every(Number.isFinite)) return null;
  const [a, c, e, b, d, f, ...last] = rows as [number, number, number, number, number, number];
  if (last.join() !== "0,0,1" || a * d - b * c === 0) return null;
  return { a, b, c, d, e: e + HALF - HALF * (a + c), f: f + HALF - HALF * (b + d) };
}

export function apply({ a, b, c, d, e, f }: Matrix, { x, y }: Point): Point {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

/** First `inner`, then `outer`. */
export function compose(outer: Matrix, inner: Matrix): Matrix {
  const origin = apply(outer, { x: inner.e, y: inner.f });
  return {
    a: outer.a * inner.a + outer.c * inner.b,
    b: outer.b * inner.a + outer.d * inner.b,
    c: outer.a * inner.c + outer.c * inner.d,
    d: outer.b * inner.c + outer.d * inner.d,
    e: origin.x,
    f: origin.y,
  };
}

export function invert({ a, b, c, d, e, f }: Matrix): Matrix {
  const area = a * d - b * c;
  const turned = { a: d / area, b: -b / area, c: -c / area, d: a / area };
  return {
    ...turned,
    e: -(turned.a * e + turned.c * f),
    f: -(turned.b * e + turned.d * f),
  };
}

/** CSS pixels per layer pixel, as the root of the area's change. */
export function scaleOf({ a, b, c, d }: Matrix): number {
  return Math.sqrt(Math.abs(a * d - b * c));
}

/** From base pixels to the screen. */
export function ofView(view: Viewport, stage: Size): Matrix {
  return {
    a: view.scale,
    b: 0,
    c: 0,
    d: view.scale,
    e: stage.width / 2 - view.x * view.scale,
    f: stage.height / 2 - view.y * view.scale,
  };
}

/** The smallest upright rectangle around what a map makes of one. */
export function boundsOf(matrix: Matrix, size: Size): { from: Point; to: Point } {
  const corners = [
    { x: 0, y: 0 },
    { x: size.width, y: 0 },
    { x: 0, y: size.height },
    { x: size.width, y: size.height },
  ].map((corner) => apply(matrix, corner));
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  return {
    from: { x: Math.min(...xs), y: Math.min(...ys) },
    to: { x: Math.max(...xs), y: Math.max(...ys) },
  };
}
