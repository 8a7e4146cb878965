/** Values on the displayed triangles, until the kernel answers on the measured ones. */
import type { Vector } from "../scene";
import { type Crossed, cross, dot, length, minus, plus, times, unit } from "../triangles";
import { cutLines, lengthOf, pathBetween, planeOf, planeThrough, type Segment } from "./cut_lines";
import type { Mark, Value } from "./mark";

/** Values, and what of the surface is drawn for them. */
export interface Preview {
  readonly values: readonly Value[];
  readonly segments: readonly Segment[];
}

type Drawn = Pick<Mark, "kind" | "points" | "along">;

/** What the points of a mark give on the displayed surface; no values while points are missing. */
export function preview({ kind, points, along }: Drawn, crossed: Crossed): Preview {
  const [a, b, c] = points;
  if (!a || !b) return NOTHING;
  if (kind === "distance") return { values: distance(a, b), segments: [] };
  if (kind === "polyline") return { values: [metres("length", lengthOf(points))], segments: [] };
  if (kind === "angle") return c ? { values: [angle(a, b, c)], segments: [] } : NOTHING;
  if (kind === "geodesic") return geodesic(a, b, along, crossed);
  const plane = planeOf(points, along);
  const segments = plane ? cutLines(crossed, plane) : [];
  const total = segments.reduce((sum, [one, other]) => sum + length(minus(other, one)), 0);
  return { values: segments.length > 0 ? [metres("length", total)] : [], segments };
}

const NOTHING: Preview = { values: [], segments: [] };

function distance(a: Vector, b: Vector): Value[] {
  const [dx, dy, dz] = minus(b, a);
  return [
    metres("distance", Math.hypot(dx, dy, dz)),
    metres("dx", dx),
    metres("dy", dy),
    metres("dz", dz),
  ];
}

/** Well conditioned near 0 and 180 degrees too [Kahan]. */
function angle(first: Vector, apex: Vector, second: Vector): Value {
  const [u, v] = [unit(minus(first, apex)), unit(minus(second, apex))];
  const turn = 2 * Math.atan2(length(minus(u, v)), length(plus(u, v)));
  const value = (turn * 180) / Math.PI;
  return { name: "angle", value, unit: "°", uncertainty: null, text: `${digits(value)} °` };
}

/** The way in the plane that stands on the surface: never shorter than the shortest one. */
function geodesic(a: Vector, b: Vector, along: Vector | null, crossed: Crossed): Preview {
  const straight = metres("straight", length(minus(b, a)));
  const normal = cross(minus(b, a), along ?? [0, 0, 1]);
  if (length(normal) === 0) return { values: [straight], segments: [] };
  const lines = cutLines(crossed, planeThrough(times(plus(a, b), 0.5), normal));
  const way = pathBetween(lines, a, b);
  if (!way) return { values: [straight], segments: [] };
  const segments = way.slice(1).map((point, index) => [way[index] ?? point, point] as const);
  return { values: [metres("length", lengthOf(way)), straight], segments };
}

export function metres(name: string, value: number): Value {
  return { name, value, unit: "m", uncertainty: null, text: `${digits(value * 1e3)} mm` };
}

/** Four digits: the displayed surface has no more to say. */
function digits(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Mean of normals; null if they cancel. */
export function meanDirection(normals: readonly Vector[]): Vector | null {
  const sum = normals.reduce((total, each) => plus(total, each), [0, 0, 0] as Vector);
  return dot(sum, sum) > 1e-12 ? unit(sum) : null;
}
