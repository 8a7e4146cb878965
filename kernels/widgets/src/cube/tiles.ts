/**
 * One image on the stage, as tiles of the level that fits the zoom.
 *
 * Until a tile is here, the coarser one below it shows through; until a newly chosen
 * look has its coarsest level, the former look stays. So nothing ever flashes empty.
 * Few requests run at once, and those nobody waits for any more are dropped.
 */
import type { Disposable } from "../host";
import { type Matrix, scaleOf } from "./matrix";
import { type Geometry, levelFor, type TileAddress, visibleTiles } from "./pyramid";
import type { Size } from "./viewport";

const AT_ONCE = 4;
const KEPT = 400; // tiles, about 100 MB at 256 px
const CRISP_FROM = 2; // CSS pixels per image pixel from which pixels are shown as squares

/** A way to show an image, and where its tiles come from. Equal keys show the same. */
export interface Look {
  readonly key: string;
  tile(address: TileAddress): Promise<ImageBitmap>;
}

export type { Geometry, TileAddress };

interface Wanted {
  readonly key: string;
  readonly look: Look;
  readonly address: TileAddress;
}

export class TileLayer implements Disposable {
  private readonly tiles = new Map<string, ImageBitmap>();
  private readonly running = new Set<string>();
  private queue: Wanted[] = [];
  private shown: Look | null = null;
  private isDisposed = false;

  constructor(
    private readonly geometry: Geometry,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Draws what is there and asks for what is missing.
   *
   * @param placed From this image's pixels to the stage.
   * @returns Whether the look shows.
   */
  draw(context: CanvasRenderingContext2D, placed: Matrix, stage: Size, look: Look): boolean {
    const scale = scaleOf(placed);
    const fine = levelFor(scale * window.devicePixelRatio, this.geometry.levels.length);
    const coarse = this.geometry.levels.length - 1;
    const visible = (level: number) => visibleTiles(this.geometry, level, placed, stage);
    const below = visible(coarse);
    const isReady = below.every((address) => this.tiles.has(keyOf(look, address)));
    if (isReady) this.shown = look;
    context.save();
    context.transform(placed.a, placed.b, placed.c, placed.d, placed.e, placed.f);
    context.imageSmoothingEnabled = scale < CRISP_FROM;
    context.imageSmoothingQuality = "high";
    for (let level = coarse; this.shown !== null && level >= fine; level -= 1) {
      for (const address of visible(level)) {
        this.paint(context, this.shown, address);
      }
    }
    context.restore();
    this.request(look, [...below, ...(fine < coarse ? visible(fine) : [])]);
    return isReady;
  }

  dispose(): void {
    this.isDisposed = true;
    this.queue = [];
    for (const tile of this.tiles.values()) tile.close();
    this.tiles.clear();
  }

  private paint(context: CanvasRenderingContext2D, look: Look, address: TileAddress): void {
    const key = keyOf(look, address);
    const tile = this.tiles.get(key);
    if (tile === undefined) return;
    this.tiles.delete(key);
    this.tiles.set(key, tile); // the most recently used stands last
    const step = 2 ** address.level;
    const [x, y] = [address.x, address.y].map((at) => at * this.geometry.tile_size * step);
    if (x === undefined || y === undefined) return;
    const width = Math.min(tile.width * step, this.geometry.width - x);
    const height = Math.min(tile.height * step, this.geometry.height - y);
    context.drawImage(tile, x, y, width, height);
  }

  private request(look: Look, addresses: readonly TileAddress[]): void {
    this.queue = addresses
      .map((address) => ({ key: keyOf(look, address), look, address }))
      .filter(({ key }) => !this.tiles.has(key) && !this.running.has(key));
    this.pump();
  }

  private pump(): void {
    while (this.running.size < AT_ONCE) {
      const next = this.queue.shift();
      if (next === undefined) return;
      this.running.add(next.key);
      next.look
        .tile(next.address)
        .then((tile) => this.keep(next.key, tile))
        .catch((error: unknown) => this.onError(error))
        .finally(() => {
          this.running.delete(next.key);
          this.pump();
        });
    }
  }

  private keep(key: string, tile: ImageBitmap): void {
    if (this.isDisposed) {
      tile.close();
      return;
    }
    this.tiles.set(key, tile);
    for (const [old, bitmap] of this.tiles) {
      if (this.tiles.size <= KEPT) break;
      bitmap.close();
      this.tiles.delete(old);
    }
    this.onChange();
  }
}

function keyOf(look: Look, { level, x, y }: TileAddress): string {
  return `${look.key}|${level}/${x}/${y}`;
}
