/** The displayed points of a cloud, for pointing at them. Lengths are in grid steps. */
import type { ClusterShape } from "./decode";
import type { ScanHead } from "./format";
import {
  type Cutaway,
  dot,
  type Hit,
  length,
  minus,
  type Ray,
  ShownTriangles,
  vertexAt,
} from "./triangles";

/** A point whose disc is as near as this to the pointer is hit too. */
const REACH_PX = 4;

/** What a ray meets depends on how large points are drawn. */
export interface PointSizes {
  /** Radius of the discs of a cluster. */
  discOf(cluster: number): number;
  /** What a pixel covers at a distance from the camera. */
  pixelAt(away: number): number;
}

export class ShownPoints extends ShownTriangles {
  constructor(
    head: ScanHead,
    pageOf: (group: number) => Uint8Array | undefined,
    private readonly sizes: PointSizes,
  ) {
    super(head, pageOf);
  }

  protected override nearer(
    best: Hit | null,
    { positions }: ClusterShape,
    ray: Ray,
    cluster: number,
    cutaway: Cutaway | null,
  ): Hit | null {
    let found = best;
    const middle = dot(minus(vertexAt(positions, 0), ray.start), ray.along);
    const reach = Math.max(this.sizes.discOf(cluster), REACH_PX * this.sizes.pixelAt(middle));
    const [startX, startY, startZ] = ray.start;
    const [alongX, alongY, alongZ] = ray.along;
    for (let at = 0; at * 3 < positions.length; at += 1) {
      // Thousands of points for each move of the pointer: no vectors here.
      const x = (positions[at * 3] ?? 0) - startX;
      const y = (positions[at * 3 + 1] ?? 0) - startY;
      const z = (positions[at * 3 + 2] ?? 0) - startZ;
      const away = x * alongX + y * alongY + z * alongZ;
      const square = x * x + y * y + z * z - away * away;
      if (away <= 0 || square > reach * reach) continue;
      const point = vertexAt(positions, at);
      if (cutaway && dot(cutaway.normal, point) > cutaway.offset) continue;
      const aside = Math.sqrt(Math.max(0, square));
      // Discs overlap: of those that lie about equally far away, the one in the middle is meant.
      const score = away + aside;
      if (found && score >= found.away + asideOf(found, ray)) continue;
      const corners = [point, point, point] as const;
      found = { away, point, corners, cluster, rows: [at, at, at], isPoint: true };
    }
    return found;
  }
}

function asideOf({ point, away }: Hit, ray: Ray): number {
  const to = minus(point, ray.start);
  return Math.sqrt(Math.max(0, length(to) ** 2 - away * away));
}
