/**
 * Control points: one place of the object, pointed at in a layer and in the base.
 *
 * Positions are pixel indices, as everywhere outside the stage: the first pixel's *centre* is
 * 0, 0. The transforms are those of museion.imaging.registration, by least squares:
 * S. Umeyama, IEEE Trans. PAMI 13 (1991) 376 (similarity).
 */
import type { ListKind, Signed } from "../host";
import type { Point } from "./viewport";

export const MAX_CONTROL_POINTS = 500;

export interface ControlPoint extends Signed {
  readonly id: string;
  /** Of the layer that was pointed at, `<workgroup>/<dataset>/<item>`. */
  readonly layer: string;
  /** In the layer, in its pixels. */
  readonly moving: readonly [number, number];
  /** In the base, in its pixels. */
  readonly fixed: readonly [number, number];
}

export const CONTROL_POINTS: ListKind<ControlPoint> = {
  trait: "control_points",
  is: isControlPoint,
  keyOf: (point) => point.id,
};

export function isControlPoint(value: unknown): value is ControlPoint {
  if (typeof value !== "object" || value === null) return false;
  const { id, layer, moving, fixed } = value as Record<string, unknown>;
  const isNamed = typeof id === "string" && id !== "" && typeof layer === "string";
  return isNamed && isPlace(moving) && isPlace(fixed);
}

function isPlace(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}

export const MODELS = ["translation", "similarity", "affine"] as const;
export type Model = (typeof MODELS)[number];

/** Points that a kind of transform needs at least. */
export const NEEDED: Readonly<Record<Model, number>> = {
  translation: 1,
  similarity: 2,
  affine: 3,
};

/** How well points agree with the transform fitted to them, in pixels of the base. */
export interface PointFit {
  /** Nine numbers, row by row, from the layer's pixels to the base's. */
  readonly rows: readonly number[];
  /** By how much each point is missed. */
  readonly residuals: readonly number[];
  /** By how much each is missed by the fit to the others; null if they don't suffice. */
  readonly leftOut: readonly (number | null)[];
  readonly rms: number;
  /** Root mean square of `leftOut`: what to expect of other places. */
  readonly error: number | null;
}

type Pair = Pick<ControlPoint, "moving" | "fixed">;
type Affine = readonly [number, number, number, number, number, number];

/** @returns null if the points are too few, or lie on a line. */
export function fitPoints(points: readonly Pair[], model: Model): PointFit | null {
  const matrix = fit(points, model);
  if (matrix === null) return null;
  const residuals = points.map((point) => missed(matrix, point));
  const leftOut = points.map((point) => {
    const others = fit(
      points.filter((each) => each !== point),
      model,
    );
    return others && missed(others, point);
  });
  const known = leftOut.filter((each) => each !== null);
  const [a, c, e, b, d, f] = matrix;
  return {
    rows: [a, c, e, b, d, f, 0, 0, 1],
    residuals,
    leftOut,
    rms: rootMeanSquare(residuals),
    error: known.length === points.length ? rootMeanSquare(known) : null,
  };
}

const FLAT = 1e-6; // of a cloud of points: its narrow side over its long one, squared

function fit(points: readonly Pair[], model: Model): Affine | null {
  if (points.length < NEEDED[model]) return null;
  const [from, to] = [meanOf(points, "moving"), meanOf(points, "fixed")];
  const linear = model === "translation" ? [1, 0, 0, 1] : FITS[model](points, from, to);
  if (linear === null) return null;
  const [a = 1, c = 0, b = 0, d = 1] = linear;
  return [a, c, to.x - a * from.x - c * from.y, b, d, to.y - b * from.x - d * from.y];
}

type LinearFit = (points: readonly Pair[], from: Point, to: Point) => number[] | null;

const FITS: Readonly<Record<"similarity" | "affine", LinearFit>> = {
  similarity: (points, from, to) => {
    const { xx, yy, ux, uy, vx, vy } = sums(points, from, to);
    const [turn, shear] = [ux + vy, vx - uy];
    if (xx + yy === 0 || (turn === 0 && shear === 0)) return null;
    return [turn, -shear, shear, turn].map((each) => each / (xx + yy));
  },
  affine: (points, from, to) => {
    const { xx, xy, yy, ux, uy, vx, vy } = sums(points, from, to);
    const spread = xx * yy - xy * xy;
    if (spread <= FLAT * (xx + yy) ** 2) return null;
    const rows = [ux * yy - uy * xy, uy * xx - ux * xy, vx * yy - vy * xy, vy * xx - vx * xy];
    const [a = 0, c = 0, b = 0, d = 0] = rows;
    const isFlat = Math.abs(a * d - b * c) <= FLAT * (a * a + b * b + c * c + d * d);
    return isFlat ? null : rows.map((each) => each / spread);
  },
};

/** Sums of products about the means: x, y in the layer, u, v in the base. */
function sums(points: readonly Pair[], from: Point, to: Point) {
  const sum = { xx: 0, xy: 0, yy: 0, ux: 0, uy: 0, vx: 0, vy: 0 };
  for (const { moving, fixed } of points) {
    const [x, y] = [moving[0] - from.x, moving[1] - from.y];
    const [u, v] = [fixed[0] - to.x, fixed[1] - to.y];
    sum.xx += x * x;
    sum.xy += x * y;
    sum.yy += y * y;
    sum.ux += u * x;
    sum.uy += u * y;
    sum.vx += v * x;
    sum.vy += v * y;
  }
  return sum;
}

function meanOf(points: readonly Pair[], side: "moving" | "fixed"): Point {
  const total = points.reduce(
    (sum, each) => ({ x: sum.x + each[side][0], y: sum.y + each[side][1] }),
    { x: 0, y: 0 },
  );
  return { x: total.x / points.length, y: total.y / points.length };
}

function missed([a, c, e, b, d, f]: Affine, { moving: [x, y], fixed }: Pair): number {
  return Math.hypot(a * x + c * y + e - fixed[0], b * x + d * y + f - fixed[1]);
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, each) => sum + each * each, 0) / values.length);
}
