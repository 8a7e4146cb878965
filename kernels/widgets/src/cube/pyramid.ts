/** Which tiles of an image a stage shows: pure arithmetic over the levels of its pyramid. */
import { boundsOf, invert, type Matrix } from "./matrix";
import type { Size } from "./viewport";

export interface TileAddress {
  readonly level: number;
  readonly x: number;
  readonly y: number;
}

/** How an image is cut; level 0 is the image itself, each further one has half the sides. */
export interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly tile_size: number;
  readonly levels: readonly Size[];
}

/**
 * The finest level whose pixels are not smaller than the screen's.
 *
 * @param scale Pixels of the screen for one of the image.
 */
export function levelFor(scale: number, count: number): number {
  const level = Math.floor(Math.log2(1 / scale) + 0.01);
  return Math.min(Math.max(level, 0), count - 1);
}

/**
 * The tiles of a level that the stage shows, row by row.
 *
 * @param placed From the image's pixels to the stage.
 */
export function visibleTiles(
  geometry: Geometry,
  level: number,
  placed: Matrix,
  stage: Size,
): TileAddress[] {
  const size = geometry.levels[level];
  if (size === undefined) return [];
  const step = geometry.tile_size * 2 ** level;
  const { from, to } = boundsOf(invert(placed), stage);
  const columns = Math.ceil(size.width / geometry.tile_size);
  const rows = Math.ceil(size.height / geometry.tile_size);
  const addresses: TileAddress[] = [];
  for (let y = Math.max(0, Math.floor(from.y / step)); y < rows && y * step < to.y; y += 1) {
    for (let x = Math.max(0, Math.floor(from.x / step)); x < columns && x * step < to.x; x += 1) {
      addresses.push({ level, x, y });
    }
  }
  return addresses;
}
