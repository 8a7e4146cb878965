/**
 * The displayed triangles, for pointing at them and for cutting them.
 *
 * Arrays leave memory once they are on the graphics card; what is pointed at is decoded again
 * from its page, which is a third as large. Lengths are in grid steps.
 */
import { type ClusterShape, decodeShape } from "./decode";
import { parsePage, type ScanHead } from "./format";
import type { Vector } from "./scene";

const KEPT_CLUSTERS = 400;
const ON_EDGE = 1e-9;

export interface Ray {
  readonly start: Vector;
  /** Unit vector. */
  readonly along: Vector;
}

/** Where a ray meets the displayed surface first. */
export interface Hit {
  readonly away: number;
  readonly point: Vector;
  readonly corners: readonly [Vector, Vector, Vector];
  /** Cluster that the triangle, or the point of a cloud, is in. */
  readonly cluster: number;
  /** The corners' vertices in the cluster. */
  readonly rows: readonly [number, number, number];
  /** It is a measured point of a cloud; the corners are all this one. */
  readonly isPoint?: boolean;
}

/** Calls for displayed triangles near the points of a plane `normal · x = offset`, in metres. */
export type Crossed = (plane: Cutaway, visit: (a: Vector, b: Vector, c: Vector) => void) => void;

/** A half-space that is cut away: `normal · x > offset`. */
export interface Cutaway {
  readonly normal: Vector;
  readonly offset: number;
}

export class ShownTriangles {
  private readonly groupOf: Uint32Array;
  private readonly kept = new Map<number, ClusterShape>();
  private clusters: readonly number[] = [];
  /** Counts each time that something else is displayed. */
  version = 0;

  /** @param pageOf - The encoded page of a group, if it is loaded. */
  constructor(
    private readonly head: ScanHead,
    private readonly pageOf: (group: number) => Uint8Array | undefined,
  ) {
    this.groupOf = new Uint32Array(head.clusters.count);
    for (let group = 0; group < head.groups.count; group += 1) {
      const first = head.groups.firstCluster[group] ?? 0;
      this.groupOf.fill(group, first, first + (head.groups.clusters[group] ?? 0));
    }
  }

  /** States which clusters are displayed. */
  show(clusters: readonly number[]): void {
    const before = this.clusters;
    const isSame =
      clusters.length === before.length && clusters.every((id, index) => id === before[index]);
    if (!isSame) this.version += 1;
    this.clusters = clusters;
  }

  /** The nearest triangle on a ray, seen from either side. */
  hit(ray: Ray, cutaway: Cutaway | null = null): Hit | null {
    const candidates = this.clusters
      .map((id) => ({ id, span: sphereSpan(this.sphere(id), ray) }))
      .filter(({ span }) => span !== null && span[1] >= 0)
      .sort((a, b) => (a.span?.[0] ?? 0) - (b.span?.[0] ?? 0));
    let best: Hit | null = null;
    for (const { id, span } of candidates) {
      if (best && (span?.[0] ?? 0) > best.away) break;
      const shape = this.shape(id);
      if (!shape) continue;
      best = this.nearer(best, shape, ray, id, cutaway);
    }
    return best;
  }

  /** Calls for each displayed cluster that a plane can cross. */
  forCrossed({ normal, offset }: Cutaway, visit: (shape: ClusterShape) => void): void {
    for (const id of this.clusters) {
      const [x, y, z, radius] = this.sphere(id);
      const height = normal[0] * x + normal[1] * y + normal[2] * z - offset;
      if (Math.abs(height) > radius + 1) continue;
      const shape = this.shape(id);
      if (shape) visit(shape);
    }
  }

  /** The nearer one of what was found so far, and what a ray meets in a cluster. */
  protected nearer(
    best: Hit | null,
    shape: ClusterShape,
    ray: Ray,
    cluster: number,
    cutaway: Cutaway | null,
  ): Hit | null {
    let found = best;
    const { positions, faces } = shape;
    for (let at = 0; at < faces.length; at += 3) {
      const rows = [faces[at] ?? 0, faces[at + 1] ?? 0, faces[at + 2] ?? 0] as const;
      const corners = [
        vertexAt(positions, rows[0]),
        vertexAt(positions, rows[1]),
        vertexAt(positions, rows[2]),
      ] as const;
      const away = meet(ray, corners);
      if (away === null || (found && away >= found.away)) continue;
      const point = along(ray, away);
      if (cutaway && dot(cutaway.normal, point) > cutaway.offset) continue;
      found = { away, point, corners, cluster, rows };
    }
    return found;
  }

  private sphere(id: number): readonly [number, number, number, number] {
    const { spheres } = this.head.clusters;
    const [x = 0, y = 0, z = 0, radius = 0] = spheres.subarray(id * 4, id * 4 + 4);
    return [x, y, z, radius];
  }

  private shape(id: number): ClusterShape | null {
    const known = this.kept.get(id);
    if (known) {
      this.kept.delete(id);
      this.kept.set(id, known);
      return known;
    }
    const group = this.groupOf[id] ?? 0;
    const page = this.pageOf(group);
    const encoded = page && parsePage(page)[id - (this.head.groups.firstCluster[group] ?? 0)];
    if (!encoded) return null;
    const shape = decodeShape(encoded);
    this.kept.set(id, shape);
    const oldest = this.kept.keys().next();
    if (this.kept.size > KEPT_CLUSTERS && !oldest.done) this.kept.delete(oldest.value);
    return shape;
  }
}

export function vertexAt(positions: Float32Array, index: number): Vector {
  const at = index * 3;
  return [positions[at] ?? 0, positions[at + 1] ?? 0, positions[at + 2] ?? 0];
}

/** Distance at which a ray meets a triangle [Möller and Trumbore 1997]; null if it does not. */
export function meet({ start, along }: Ray, corners: Hit["corners"]): number | null {
  const [a, b, c] = corners;
  const [ab, ac] = [minus(b, a), minus(c, a)];
  const across = cross(along, ac);
  const size = dot(ab, across);
  if (size === 0) return null;
  const to = minus(start, a);
  const v = dot(to, across) / size;
  if (v < -ON_EDGE || v > 1 + ON_EDGE) return null;
  const turned = cross(to, ab);
  const w = dot(along, turned) / size;
  if (w < -ON_EDGE || v + w > 1 + ON_EDGE) return null;
  const away = dot(ac, turned) / size;
  return away >= 0 ? away : null;
}

/** Where a ray enters and leaves a sphere; null if it misses it. */
function sphereSpan(
  [x, y, z, radius]: readonly [number, number, number, number],
  { start, along }: Ray,
): readonly [number, number] | null {
  const to: Vector = [x - start[0], y - start[1], z - start[2]];
  const middle = dot(to, along);
  const rest = (radius + 1) ** 2 - (dot(to, to) - middle * middle);
  return rest < 0 ? null : [middle - Math.sqrt(rest), middle + Math.sqrt(rest)];
}

export function along(ray: Ray, away: number): Vector {
  return plus(ray.start, times(ray.along, away));
}

export function plus(a: Vector, b: Vector): Vector {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function minus(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function times(a: Vector, factor: number): Vector {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function length(a: Vector): number {
  return Math.hypot(a[0], a[1], a[2]);
}

/** The unit vector of a direction; itself if it has no length. */
export function unit(a: Vector): Vector {
  const size = length(a);
  return size > 0 ? times(a, 1 / size) : a;
}
