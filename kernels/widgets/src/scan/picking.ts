/** From a place on screen to a point of the displayed surface, and back. */
import { MEASURED, type ScanHead } from "./format";
import type { PickedPoint, ScreenPoint, Vector } from "./scene";
import type { Stage } from "./stage";
import {
  type Cutaway,
  cross,
  dot,
  type Hit,
  length,
  minus,
  type ShownTriangles,
  times,
  unit,
  vertexAt,
} from "./triangles";

/** A vertex as near as this on screen is what was meant. */
const SNAP_PX = 6;
const TOUCHING = 2e-3; // of the distance: a point as near as this to the surface is on it

export class Picker {
  constructor(
    private readonly head: ScanHead,
    private readonly stage: Stage,
    private readonly triangles: ShownTriangles,
  ) {}

  /** The surface at a place of the picture, in CSS pixels; null beside it. */
  pick(x: number, y: number): PickedPoint | null {
    const { width, height } = this.size;
    if (width === 0 || height === 0) return null;
    const ray = this.stage.ray((2 * x) / width - 1, 1 - (2 * y) / height);
    const hit = this.triangles.hit(ray, this.cutaway);
    if (!hit) return null;
    const vertex = hit.isPoint ? hit.point : this.nearVertex(hit, { x, y });
    return {
      point: this.toMetres(vertex ?? hit.point),
      isVertex: vertex !== null,
      normal: facing(hit, ray.along),
      within: vertex ? 0 : this.errorOf(hit.cluster),
      place: { cluster: hit.cluster, rows: hit.rows, weights: weightsAt(hit, vertex ?? hit.point) },
    };
  }

  project(point: Vector): ScreenPoint | null {
    const { width, height } = this.size;
    const at = this.stage.project(point);
    return at && { x: ((at.x + 1) / 2) * width, y: ((1 - at.y) / 2) * height };
  }

  isHidden(point: Vector): boolean {
    const at = this.stage.project(point);
    if (!at) return true;
    const ray = this.stage.ray(at.x, at.y);
    const hit = this.triangles.hit(ray, this.cutaway);
    const away = dot(minus(this.toGrid(point), ray.start), ray.along);
    return hit !== null && hit.away < away * (1 - TOUCHING);
  }

  /** Calls for displayed triangles that a plane may cross; all in metres. */
  crossed(plane: Cutaway, visit: (a: Vector, b: Vector, c: Vector) => void): void {
    this.triangles.forCrossed(this.planeInGrid(plane), ({ positions, faces }) => {
      const corner = (at: number) => this.toMetres(vertexAt(positions, faces[at] ?? 0));
      for (let at = 0; at < faces.length; at += 3)
        visit(corner(at), corner(at + 1), corner(at + 2));
    });
  }

  get size(): { readonly width: number; readonly height: number } {
    const { clientWidth, clientHeight } = this.stage.renderer.domElement;
    return { width: clientWidth, height: clientHeight };
  }

  /** Metres between a cluster and what was measured. */
  private errorOf(cluster: number): number {
    const source = this.head.clusters.madeFrom[cluster] ?? MEASURED;
    return source === MEASURED ? 0 : (this.head.groups.distance[source] ?? 0) * this.head.step;
  }

  private nearVertex(hit: Hit, place: ScreenPoint): Vector | null {
    let found: Vector | null = null;
    let least = SNAP_PX;
    const { cutaway } = this;
    for (const corner of hit.corners) {
      if (cutaway && dot(cutaway.normal, corner) > cutaway.offset) continue;
      const at = this.project(this.toMetres(corner));
      const away = at ? Math.hypot(at.x - place.x, at.y - place.y) : Number.POSITIVE_INFINITY;
      if (away < least) [found, least] = [corner, away];
    }
    return found;
  }

  private get cutaway(): Cutaway | null {
    return this.stage.cutaway && this.planeInGrid(this.stage.cutaway);
  }

  private planeInGrid({ normal, offset }: Cutaway): Cutaway {
    const { origin, step } = this.head;
    return { normal, offset: (offset - dot(normal, origin)) / step };
  }

  private toMetres(grid: Vector): Vector {
    const { origin, step } = this.head;
    return [origin[0] + grid[0] * step, origin[1] + grid[1] * step, origin[2] + grid[2] * step];
  }

  private toGrid(point: Vector): Vector {
    return times(minus(point, this.head.origin), 1 / this.head.step);
  }
}

/** How much each corner of a triangle counts at a point of it. */
function weightsAt({ corners: [a, b, c] }: Hit, point: Vector): readonly [number, number, number] {
  const whole = cross(minus(b, a), minus(c, a));
  const size = dot(whole, whole);
  if (size === 0) return [1, 0, 0];
  const second = dot(cross(minus(point, a), minus(c, a)), whole) / size;
  const third = dot(cross(minus(b, a), minus(point, a)), whole) / size;
  return [1 - second - third, second, third];
}

/** Unit normal of a triangle, on the side that the ray comes from. */
function facing({ corners: [a, b, c] }: Hit, along: Vector): Vector {
  const across = cross(minus(b, a), minus(c, a));
  if (length(across) === 0) return times(along, -1);
  return unit(dot(across, along) > 0 ? times(across, -1) : across);
}
