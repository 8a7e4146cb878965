/**
 * The image on the stage, as tiles of the level that fits the zoom.
 *
 * Until a tile is here, the coarser one below it shows through; until a newly chosen
 * style has its coarsest level, the former style stays. So nothing ever flashes empty.
 * Few requests run at once, and those nobody waits for any more are dropped.
 */
import type { Disposable } from "../host";
import type { CubeApi, CubeInfo, Style, TileAddress } from "./api";
import { type Size, toImage, toScreen, type Viewport } from "./viewport";

const AT_ONCE = 6;
const KEPT = 400; // tiles, about 100 MB at 256 px
const CRISP_FROM = 2; // CSS pixels per image pixel from which pixels are shown as squares

interface Wanted {
  readonly key: string;
  readonly style: Style;
  readonly address: TileAddress;
}

export class TileLayer implements Disposable {
  private readonly tiles = new Map<string, ImageBitmap>();
  private readonly running = new Set<string>();
  private queue: Wanted[] = [];
  private shown: Style | null = null;
  private isDisposed = false;

  constructor(
    private readonly api: CubeApi,
    private readonly info: CubeInfo,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Draws what is there and asks for what is missing; true once the style shows. */
  draw(context: CanvasRenderingContext2D, view: Viewport, stage: Size, style: Style): boolean {
    const fine = this.levelFor(view.scale);
    const coarse = this.info.levels.length - 1;
    const below = this.visible(coarse, view, stage);
    const isReady = below.every((address) => this.tiles.has(keyOf(style, address)));
    if (isReady) this.shown = style;
    context.imageSmoothingEnabled = view.scale < CRISP_FROM;
    context.imageSmoothingQuality = "high";
    for (let level = coarse; this.shown !== null && level >= fine; level -= 1) {
      for (const address of this.visible(level, view, stage)) {
        this.paint(context, view, stage, this.shown, address);
      }
    }
    this.request(style, [...below, ...(fine < coarse ? this.visible(fine, view, stage) : [])]);
    return isReady;
  }

  dispose(): void {
    this.isDisposed = true;
    this.queue = [];
    for (const tile of this.tiles.values()) tile.close();
    this.tiles.clear();
  }

  /** The finest level whose pixels are not smaller than the screen's. */
  private levelFor(scale: number): number {
    const level = Math.floor(Math.log2(1 / (scale * window.devicePixelRatio)) + 0.01);
    return Math.min(Math.max(level, 0), this.info.levels.length - 1);
  }

  private visible(level: number, view: Viewport, stage: Size): TileAddress[] {
    const size = this.info.levels[level];
    if (size === undefined) return [];
    const step = this.info.tile_size * 2 ** level;
    const first = toImage(view, stage, { x: 0, y: 0 });
    const last = toImage(view, stage, { x: stage.width, y: stage.height });
    const columns = Math.ceil(size.width / this.info.tile_size);
    const rows = Math.ceil(size.height / this.info.tile_size);
    const addresses: TileAddress[] = [];
    for (let y = Math.max(0, Math.floor(first.y / step)); y < rows && y * step < last.y; y += 1) {
      for (
        let x = Math.max(0, Math.floor(first.x / step));
        x < columns && x * step < last.x;
        x += 1
      ) {
        addresses.push({ level, x, y });
      }
    }
    return addresses;
  }

  private paint(
    context: CanvasRenderingContext2D,
    view: Viewport,
    stage: Size,
    style: Style,
    address: TileAddress,
  ): void {
    const key = keyOf(style, address);
    const tile = this.tiles.get(key);
    if (tile === undefined) return;
    this.tiles.delete(key);
    this.tiles.set(key, tile); // the most recently used stands last
    const step = 2 ** address.level;
    const edge = this.info.tile_size * step;
    const corner = { x: address.x * edge, y: address.y * edge };
    const from = toScreen(view, stage, corner);
    const to = toScreen(view, stage, {
      x: Math.min(corner.x + tile.width * step, this.info.width),
      y: Math.min(corner.y + tile.height * step, this.info.height),
    });
    context.drawImage(tile, from.x, from.y, to.x - from.x, to.y - from.y);
  }

  private request(style: Style, addresses: readonly TileAddress[]): void {
    this.queue = addresses
      .map((address) => ({ key: keyOf(style, address), style, address }))
      .filter(({ key }) => !this.tiles.has(key) && !this.running.has(key));
    this.pump();
  }

  private pump(): void {
    while (this.running.size < AT_ONCE) {
      const next = this.queue.shift();
      if (next === undefined) return;
      this.running.add(next.key);
      this.api
        .tile(next.style, next.address)
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

function keyOf(style: Style, { level, x, y }: TileAddress): string {
  return `${style.bands.join(",")}|${style.low}|${style.high}|${level}/${x}/${y}`;
}
