/**
 * Chooses what to draw: which groups are expanded, so that no error is larger on screen than a
 * tolerance, within a budget of triangles.
 *
 * A group may be expanded once every group that uses its clusters is. Groups are taken largest
 * error first; as errors never grow towards finer levels, this order respects that rule.
 */
import { MEASURED, type ScanHead } from "./format";

/** Camera in grid steps, and what of the scan it sees. */
export interface Eye {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Pixels that a length of one covers at distance one. */
  readonly pixelsPerUnit: number;
  /** Closest distance that counts, in grid steps. */
  readonly near: number;
  /** Planes (a, b, c, d) facing inwards; a sphere outside one is out of sight. */
  readonly planes: readonly (readonly [number, number, number, number])[];
}

/** How groups hang together: computed once for a scan. */
export interface Graph {
  readonly head: ScanHead;
  /** Group → groups made visible when it is expanded. */
  readonly finer: readonly (readonly number[])[];
  /** Group → groups that must be expanded before it. */
  readonly coarser: readonly (readonly number[])[];
  /** Triangles, or points of a cloud, added by expanding each group. */
  readonly cost: Int32Array;
}

export interface Wish {
  readonly group: number;
  /** Error on screen in pixels while the group is not expanded. */
  readonly error: number;
}

/** Links groups by the clusters they share. */
export function makeGraph(head: ScanHead): Graph {
  const { groups, clusters } = head;
  const finer: Set<number>[] = Array.from({ length: groups.count }, () => new Set<number>());
  const coarser: Set<number>[] = Array.from({ length: groups.count }, () => new Set<number>());
  const cost = new Int32Array(groups.count);
  for (let page = 0; page < groups.count; page += 1) {
    for (const cluster of clustersOf(head, page)) {
      const elements = head.elements[cluster] ?? 0;
      const source = clusters.madeFrom[cluster] ?? MEASURED;
      cost[page] = (cost[page] ?? 0) + elements;
      if (source === MEASURED) continue;
      cost[source] = (cost[source] ?? 0) - elements;
      finer[page]?.add(source);
      coarser[source]?.add(page);
    }
  }
  return { head, finer: finer.map((s) => [...s]), coarser: coarser.map((s) => [...s]), cost };
}

/** Clusters of a group's page. */
export function* clustersOf(head: ScanHead, group: number): Generator<number> {
  const first = head.groups.firstCluster[group] ?? 0;
  const count = head.groups.clusters[group] ?? 0;
  for (let index = first; index < first + count; index += 1) yield index;
}

/**
 * Groups that ought to be expanded, most urgent first, the root left out.
 *
 * @param tolerance - Largest error in pixels that may stay.
 * @param budget - Largest number of triangles, or points of a cloud.
 * @param isBroken - Groups whose pages can't be read: what stands on them is not to be had.
 */
export function chooseCut(
  graph: Graph,
  eye: Eye,
  tolerance: number,
  budget: number,
  isBroken: (group: number) => boolean = () => false,
): Wish[] {
  const chosen: Wish[] = [];
  const missing = graph.coarser.map((groups) => groups.length);
  const queue = new WishQueue();
  let triangles = graph.cost[0] ?? 0;
  const open = (group: number): void => {
    for (const next of graph.finer[group] ?? []) {
      missing[next] = (missing[next] ?? 0) - 1;
      if (missing[next] === 0 && !isBroken(next)) {
        const error = errorOnScreen(graph.head, next, eye);
        if (error > tolerance) queue.push({ group: next, error });
      }
    }
  };
  open(0);
  for (let wish = queue.pop(); wish; wish = queue.pop()) {
    triangles += graph.cost[wish.group] ?? 0;
    if (triangles > budget) break;
    chosen.push(wish);
    open(wish.group);
  }
  return chosen;
}

/** The part of a cut that can be drawn now: what is loaded, and stands on what is loaded. */
export function drawable(
  graph: Graph,
  wishes: readonly Wish[],
  isLoaded: (group: number) => boolean,
): Set<number> {
  const expanded = new Set([0]);
  for (const { group } of wishes) {
    if (isLoaded(group) && graph.coarser[group]?.every((needed) => expanded.has(needed))) {
      expanded.add(group);
    }
  }
  return expanded;
}

/** Clusters to draw when exactly `expanded` groups are. */
export function visibleClusters(head: ScanHead, expanded: ReadonlySet<number>): number[] {
  const visible: number[] = [];
  for (const group of expanded) {
    for (const cluster of clustersOf(head, group)) {
      if (!expanded.has(head.clusters.madeFrom[cluster] ?? MEASURED)) visible.push(cluster);
    }
  }
  return visible;
}

/** Error in pixels of showing a group simplified; 0 if it is out of sight. */
export function errorOnScreen(head: ScanHead, group: number, eye: Eye): number {
  const { spheres, distance, appearance } = head.groups;
  const [x, y, z, radius] = [0, 1, 2, 3].map((i) => spheres[group * 4 + i] ?? 0) as [
    number,
    number,
    number,
    number,
  ];
  for (const [a, b, c, d] of eye.planes) {
    if (a * x + b * y + c * z + d < -radius) return 0;
  }
  const away = Math.hypot(x - eye.x, y - eye.y, z - eye.z) - radius;
  const length = Math.max(distance[group] ?? 0, appearance[group] ?? 0);
  return (length * eye.pixelsPerUnit) / Math.max(away, eye.near);
}

/** Binary heap, largest error first. */
class WishQueue {
  private readonly items: Wish[] = [];

  push(wish: Wish): void {
    const items = this.items;
    let at = items.length;
    items.push(wish);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (!parent || parent.error >= wish.error) break;
      items[at] = parent;
      at = above;
    }
    items[at] = wish;
  }

  pop(): Wish | undefined {
    const items = this.items;
    const top = items[0];
    const last = items.pop();
    if (last && items.length > 0) this.sink(last);
    return top;
  }

  private sink(wish: Wish): void {
    const items = this.items;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      const left = items[below];
      if (!left) break;
      const right = items[below + 1];
      if (right && right.error > left.error) below += 1;
      const larger = items[below];
      if (!larger || larger.error <= wish.error) break;
      items[at] = larger;
      at = below;
    }
    items[at] = wish;
  }
}
