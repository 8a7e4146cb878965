/**
 * How far apart the points of a cloud lie, as if they were spread over a surface.
 *
 * The distance to the nearest neighbour would do for points on a grid only: scanners write
 * lines, and overlapping scans. So cells are counted: a surface fills a number of cells that goes
 * with the inverse square of their side, and points spread over it as evenly as they do have the
 * spacing at which four of them share a cell, halved.
 */
const SHARED = 4;
const ROUNDS = 9;
/** So many are looked at; stored points lie side by side, so each k-th is a fair sample. */
const SAMPLE = 2_048;

/**
 * Typical spacing, in the unit of the coordinates; 0 where all lie in one place.
 *
 * @param positions - x, y, z of each point.
 */
export function spacingOf(positions: Float32Array): number {
  const every = Math.ceil(positions.length / 3 / SAMPLE);
  return spacingOfAll(everyNth(positions, every)) / Math.sqrt(every);
}

function everyNth(positions: Float32Array, every: number): Float32Array {
  if (every <= 1) return positions;
  const count = Math.ceil(positions.length / 3 / every);
  const chosen = new Float32Array(count * 3);
  for (let index = 0; index < count; index += 1) {
    const at = index * every * 3;
    chosen.set(positions.subarray(at, at + 3), index * 3);
  }
  return chosen;
}

function spacingOfAll(positions: Float32Array): number {
  const count = positions.length / 3;
  const low = [0, 1, 2].map((axis) => extreme(positions, axis, Math.min));
  const high = [0, 1, 2].map((axis) => extreme(positions, axis, Math.max));
  const longest = Math.max(...high.map((value, axis) => value - (low[axis] ?? 0)));
  if (count < 2 || longest === 0) return longest;
  const wanted = Math.max(1, count / SHARED);
  let [small, large] = [longest / count / 4, longest];
  for (let round = 0; round < ROUNDS; round += 1) {
    const side = Math.sqrt(small * large);
    if (cellsOf(positions, low, side) > wanted) small = side;
    else large = side;
  }
  return Math.sqrt(small * large) / Math.sqrt(SHARED);
}

function extreme(
  positions: Float32Array,
  axis: number,
  choose: (a: number, b: number) => number,
): number {
  let found = positions[axis] ?? 0;
  for (let at = axis; at < positions.length; at += 3) found = choose(found, positions[at] ?? 0);
  return found;
}

/** How many cells of a side have a point. */
function cellsOf(positions: Float32Array, low: readonly number[], side: number): number {
  const [x = 0, y = 0, z = 0] = low;
  const cells = new Set<number>();
  for (let at = 0; at < positions.length; at += 3) {
    const column = Math.floor(((positions[at] ?? 0) - x) / side);
    const row = Math.floor(((positions[at + 1] ?? 0) - y) / side);
    const layer = Math.floor(((positions[at + 2] ?? 0) - z) / side);
    cells.add((column * 131_072 + row) * 131_072 + layer);
  }
  return cells.size;
}
