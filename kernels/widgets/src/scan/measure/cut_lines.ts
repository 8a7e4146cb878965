/**
 * Where a plane cuts the displayed triangles: for previews of sections and geodesics.
 *
 * Neighbours share the two ends of an edge to the bit, so they share its crossing too.
 */
import type { Vector } from "../scene";
import {
  type Crossed,
  type Cutaway,
  cross,
  dot,
  length,
  minus,
  plus,
  times,
  unit,
} from "../triangles";

export type Segment = readonly [Vector, Vector];

/** The plane through a point, perpendicular to a direction. */
export function planeThrough(point: Vector, normal: Vector): Cutaway {
  const along = unit(normal);
  return { normal: along, offset: dot(along, point) };
}

/** The plane of a section: through three points, or through two and a direction; null if flat. */
export function planeOf(points: readonly Vector[], along: Vector | null): Cutaway | null {
  const [a, b, c] = points;
  if (!a || !b) return null;
  const other = c ? minus(c, a) : along;
  if (!other) return null;
  const normal = cross(minus(b, a), other);
  if (length(normal) <= 1e-9 * length(minus(b, a)) * length(other)) return null;
  return planeThrough(a, normal);
}

/** Cuts the displayed triangles; a vertex on the plane counts as above it. */
export function cutLines(crossed: Crossed, plane: Cutaway): Segment[] {
  const segments: Segment[] = [];
  crossed(plane, (a, b, c) => {
    const corners = [a, b, c].map((point) => ({
      point,
      height: dot(plane.normal, point) - plane.offset,
    }));
    const ends: Vector[] = [];
    corners.forEach((one, index) => {
      const next = corners[(index + 1) % 3];
      if (next && one.height < 0 !== next.height < 0) ends.push(crossing(one, next));
    });
    const [start, end] = ends;
    if (start && end) segments.push([start, end]);
  });
  return segments;
}

interface Corner {
  readonly point: Vector;
  readonly height: number;
}

/** The same from either side of the edge. */
function crossing(one: Corner, other: Corner): Vector {
  const [low, high] = one.height < 0 ? [one, other] : [other, one];
  const share = low.height / (low.height - high.height);
  return plus(low.point, times(minus(high.point, low.point), share));
}

/**
 * The way along segments between two points on them: of several, the shortest.
 *
 * @returns Its points, or null if no way joins them.
 */
export function pathBetween(
  segments: readonly Segment[],
  start: Vector,
  end: Vector,
): Vector[] | null {
  const nodes: Nodes = new Map();
  for (const [a, b] of segments) {
    const [one, other] = [keyOf(a), keyOf(b)];
    if (one === other) continue;
    node(nodes, one, a).next.add(other);
    node(nodes, other, b).next.add(one);
  }
  const [from, to] = [nearestSegment(segments, start), nearestSegment(segments, end)];
  if (!from || !to) return null;
  join(nodes, START, start, from);
  join(nodes, END, end, to);
  if (from === to) node(nodes, START, start).next.add(END);
  return shortest(nodes, START, END);
}

export function lengthOf(points: readonly Vector[]): number {
  return points.slice(1).reduce((sum, point, index) => {
    return sum + length(minus(point, points[index] ?? point));
  }, 0);
}

const [START, END] = ["start", "end"];

type Nodes = Map<string, { point: Vector; next: Set<string> }>;

/** Dijkstra's search; a section has few branches, so a plain list will do. */
function shortest(nodes: Nodes, first: string, last: string): Vector[] | null {
  const far = new Map([[first, 0]]);
  const from = new Map<string, string>();
  const open = new Set([first]);
  while (open.size > 0) {
    let here = "";
    for (const key of open) {
      if (here === "" || (far.get(key) ?? 0) < (far.get(here) ?? 0)) here = key;
    }
    if (here === last) return back(nodes, from, last);
    open.delete(here);
    const at = nodes.get(here);
    for (const key of at?.next ?? []) {
      const point = nodes.get(key)?.point;
      if (!at || !point) continue;
      const way = (far.get(here) ?? 0) + length(minus(point, at.point));
      if (way >= (far.get(key) ?? Number.POSITIVE_INFINITY)) continue;
      far.set(key, way);
      from.set(key, here);
      open.add(key);
    }
  }
  return null;
}

function back(nodes: Nodes, from: ReadonlyMap<string, string>, last: string): Vector[] {
  const way: Vector[] = [];
  for (let key: string | undefined = last; key !== undefined; key = from.get(key)) {
    const point = nodes.get(key)?.point;
    if (point) way.unshift(point);
  }
  return way;
}

function node(nodes: Nodes, key: string, point: Vector): { next: Set<string> } {
  const known = nodes.get(key) ?? { point, next: new Set<string>() };
  nodes.set(key, known);
  return known;
}

/** Links a place on a segment with its two ends. */
function join(nodes: Nodes, key: string, point: Vector, segment: Segment): void {
  for (const end of segment) {
    node(nodes, key, point).next.add(keyOf(end));
    node(nodes, keyOf(end), end).next.add(key);
  }
}

function nearestSegment(segments: readonly Segment[], point: Vector): Segment | null {
  let found: Segment | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const segment of segments) {
    const away = awayFrom(segment, point);
    if (away < least) [found, least] = [segment, away];
  }
  return found;
}

function awayFrom([a, b]: Segment, point: Vector): number {
  const [along, to] = [minus(b, a), minus(point, a)];
  const size = dot(along, along);
  const share = size > 0 ? Math.max(0, Math.min(1, dot(to, along) / size)) : 0;
  return length(minus(to, times(along, share)));
}

function keyOf(point: Vector): string {
  return point.join(",");
}
