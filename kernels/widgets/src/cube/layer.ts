/** The registered images of a view, from the base upwards, and how they are laid together. */
import type { Disposable } from "../host";
import { compose, IDENTITY, type Matrix, ofView } from "./matrix";
import { type Geometry, type Look, TileLayer } from "./tiles";
import type { Size, Viewport } from "./viewport";

/** Where one layer may be seen: the curtain, the lens and the blink narrow it. */
export interface Window {
  /** Clips the context to where the layer shows; false if it shows nowhere. */
  clip(context: CanvasRenderingContext2D, stage: Size): boolean;
}

export class Layer {
  opacity = 1;
  isShown = true;

  constructor(
    readonly name: string,
    readonly geometry: Geometry,
    /** From this layer's pixels to the base's. */
    public toBase: Matrix,
    public look: Look,
  ) {}
}

export class LayerStack implements Disposable {
  /** The layer that is compared with what lies below it, and where it shows. */
  compared: { readonly layer: Layer; readonly window: Window } | null = null;
  /** Shows alone, and opaque, while it is pointed at. */
  solo: Layer | null = null;
  private readonly tiles = new Map<Layer, TileLayer>();
  private readonly sheet = document.createElement("canvas");

  /** @param layers The base first. */
  constructor(
    readonly layers: readonly Layer[],
    onChange: () => void,
    onError: (error: unknown) => void,
  ) {
    for (const layer of layers) {
      this.tiles.set(layer, new TileLayer(layer.geometry, onChange, onError));
    }
  }

  /** Draws all layers; true once the base shows as it should. */
  draw(context: CanvasRenderingContext2D, view: Viewport, stage: Size): boolean {
    const toScreen = ofView(view, stage);
    let isReady = true;
    for (const [index, layer] of this.layers.entries()) {
      if (this.solo === null ? !layer.isShown || layer.opacity === 0 : layer !== this.solo)
        continue;
      const placed = compose(toScreen, index === 0 ? IDENTITY : layer.toBase);
      const isDrawn = this.drawLayer(context, layer, placed, stage);
      if (index === 0) isReady = isDrawn;
    }
    return isReady;
  }

  dispose(): void {
    for (const tiles of this.tiles.values()) tiles.dispose();
    this.tiles.clear();
  }

  private drawLayer(
    context: CanvasRenderingContext2D,
    layer: Layer,
    placed: Matrix,
    stage: Size,
  ): boolean {
    const tiles = this.tiles.get(layer);
    const window = this.compared?.layer === layer ? this.compared.window : null;
    if (tiles === undefined) return true;
    if (this.solo === layer || (window === null && layer.opacity === 1))
      return tiles.draw(context, placed, stage, layer.look);
    const sheet = this.cleanSheet(context.canvas);
    if (sheet === null) return true;
    sheet.setTransform(context.getTransform());
    const isReady = tiles.draw(sheet, placed, stage, layer.look);
    context.save();
    context.beginPath();
    if (window === null || window.clip(context, stage)) {
      context.globalAlpha = layer.opacity;
      context.drawImage(this.sheet, 0, 0, stage.width, stage.height);
    }
    context.restore();
    return isReady;
  }

  /** A layer is put together beside the stage: coarse tiles must not shine through fine ones. */
  private cleanSheet({ width, height }: HTMLCanvasElement): CanvasRenderingContext2D | null {
    if (this.sheet.width !== width) this.sheet.width = width;
    if (this.sheet.height !== height) this.sheet.height = height;
    const context = this.sheet.getContext("2d");
    context?.setTransform(1, 0, 0, 1, 0, 0);
    context?.clearRect(0, 0, width, height);
    return context;
  }
}
