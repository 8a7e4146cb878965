/**
 * The model's tiles on the graphics card: asked for as the view needs them, drawn under any light.
 *
 * Until a tile is here, the coarser one below it shows through. Few requests run at once.
 */
import { ofView } from "../cube/matrix";
import { levelFor, type TileAddress, visibleTiles } from "../cube/pyramid";
import type { Size, Viewport } from "../cube/viewport";
import type { Disposable } from "../host";
import type { RtiApi, RtiInfo } from "./api";
import type { Place, PlaneTexture, Relighter } from "./relighter";

const AT_ONCE = 6;
const KEPT = 160; // tiles of 12 planes, about 170 MB
const CRISP_FROM = 3; // pixels of the screen for one of the image

export class PlaneTiles implements Disposable {
  private readonly tiles = new Map<string, PlaneTexture>();
  private readonly running = new Set<string>();
  private readonly failed = new Set<string>();
  private queue: TileAddress[] = [];
  private isDisposed = false;

  constructor(
    private readonly api: RtiApi,
    private readonly info: RtiInfo,
    private readonly relighter: Relighter,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Draws what is there, begun with `Relighter.begin`, and asks for what is missing.
   *
   * @param stage In pixels of the canvas, as the view's scale is.
   * @returns How much is there: nothing yet, the whole image coarsely, or all of it.
   */
  draw(view: Viewport, stage: Size): "empty" | "coarse" | "sharp" {
    const placed = ofView(view, stage);
    const coarse = this.info.levels.length - 1;
    const fine = levelFor(view.scale, this.info.levels.length);
    const wanted = (level: number) => visibleTiles(this.info, level, placed, stage);
    for (let level = coarse; level >= fine; level -= 1) {
      for (const address of wanted(level)) this.paint(address, view, stage);
    }
    const [below, above] = [wanted(coarse), wanted(fine)];
    const missing = [...below, ...(fine < coarse ? above : [])].filter(
      (address) => !this.tiles.has(keyOf(address)),
    );
    this.queue = missing.filter((address) => !this.isSettled(address));
    this.pump();
    if (missing.length === 0) return "sharp";
    return below.every((address) => this.tiles.has(keyOf(address))) ? "coarse" : "empty";
  }

  dispose(): void {
    this.isDisposed = true;
    this.queue = [];
    for (const tile of this.tiles.values()) this.relighter.release(tile);
    this.tiles.clear();
  }

  private isSettled(address: TileAddress): boolean {
    const key = keyOf(address);
    return this.running.has(key) || this.failed.has(key);
  }

  private paint(address: TileAddress, view: Viewport, stage: Size): void {
    const key = keyOf(address);
    const tile = this.tiles.get(key);
    if (tile === undefined) return;
    this.tiles.delete(key);
    this.tiles.set(key, tile); // the most recently used stands last
    this.relighter.draw(tile, this.placeOf(tile, address, view, stage), view.scale >= CRISP_FROM);
  }

  private placeOf(tile: PlaneTexture, address: TileAddress, view: Viewport, stage: Size): Place {
    const step = 2 ** address.level;
    const [x, y] = [address.x * this.info.tile_size * step, address.y * this.info.tile_size * step];
    return {
      left: (x - view.x) * view.scale + stage.width / 2,
      top: (y - view.y) * view.scale + stage.height / 2,
      width: Math.min(tile.width * step, this.info.width - x) * view.scale,
      height: Math.min(tile.height * step, this.info.height - y) * view.scale,
    };
  }

  private pump(): void {
    while (this.running.size < AT_ONCE) {
      const next = this.queue.shift();
      if (next === undefined) return;
      const key = keyOf(next);
      this.running.add(key);
      this.api
        .tile(next)
        .then((planes) => this.keep(key, planes))
        .catch((error: unknown) => {
          this.failed.add(key);
          if (!this.isDisposed) this.onError(error);
        })
        .finally(() => {
          this.running.delete(key);
          this.pump();
        });
    }
  }

  private keep(key: string, planes: ImageBitmap): void {
    if (!this.isDisposed) this.tiles.set(key, this.relighter.upload(planes));
    planes.close();
    if (this.isDisposed) return;
    for (const [old, tile] of this.tiles) {
      if (this.tiles.size <= KEPT) break;
      this.relighter.release(tile);
      this.tiles.delete(old);
    }
    this.onChange();
  }
}

function keyOf({ level, x, y }: TileAddress): string {
  return `${level}/${x}/${y}`;
}
