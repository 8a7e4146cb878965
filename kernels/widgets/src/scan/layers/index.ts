/**
 * Scalar layers on the scan: relief, occlusion, deviation, XRF and the like, as colours, as
 * relief-enhanced shading or as shade, with a legend and the value under the pointer.
 */
import type { Disposable } from "../../host";
import type { ScanHead } from "../format";
import type { PickedPoint, ScanScene, ScreenPoint, Toggle } from "../scene";
import type { Stage } from "../stage";
import { LayerBar } from "./bar";
import { type LayerInfo, type LayerStyle, limitsOf, readWish, usualStyle } from "./info";
import { Legend } from "./legend";
import { opaqueRamps } from "./ramp";
import { LayerSource, type SourcePlaces } from "./source";
import { LayerStore } from "./store";
import { TEXTS } from "./texts";

const FINENESS = 8;
const ICON = "M12 4 20 8.5 12 13 4 8.5zM4 12l8 4.5 8-4.5M4 15.5 12 20l8-4.5";

export interface LayersPlaces extends SourcePlaces {
  readonly scene: ScanScene;
  readonly stage: Stage;
  readonly head: ScanHead;
}

/** What a saved picture says of the layer on it. */
export interface LayerFacts extends LayerStyle {
  readonly title: string;
  readonly unit: string;
  readonly how: LayerInfo["how"];
}

export class Layers implements Disposable {
  private readonly source: LayerSource;
  private readonly store: LayerStore;
  private readonly bar: LayerBar;
  private readonly legend = new Legend();
  private readonly held: Disposable[] = [];
  private toggle: Toggle | null = null;
  private isLoaded = false;
  private isOpen = false;
  private wish: unknown;
  private info: LayerInfo | null = null;
  private style: LayerStyle | null = null;
  private pointer: ScreenPoint | null = null;
  private asked = 0;

  constructor(private readonly places: LayersPlaces) {
    const { scene, stage, head, spec } = places;
    this.wish = spec.options?.layer;
    this.source = new LayerSource(
      places,
      () => this.relist(),
      (layer) => this.wished(layer),
    );
    this.store = new LayerStore(
      head,
      stage,
      this.source,
      () => this.redraw(),
      (error) => this.fail(error),
    );
    this.bar = new LayerBar({
      choose: (name) => this.choose(name),
      change: (style) => this.restyle(style),
      read: () => this.readMiddle(),
    });
    scene.addBar(this.bar.node);
    scene.addOverlay(this.legend.node);
    this.held.push(
      this.source,
      scene.onFrame((isSharp) => this.drawn(isSharp)),
      scene.onPointer((at) => this.follow(at)),
      scene.onPicture((context) => this.legend.paint(context, scene.size.height)),
    );
  }

  /** The layer that is shown, for a picture's texts. */
  get facts(): LayerFacts | null {
    const { info, style } = this;
    if (!info || !style) return null;
    const [low, high] = limitsOf(info, style);
    return { ...style, low, high, title: info.title, unit: info.unit, how: info.how };
  }

  /** How much finer than for the form alone is drawn: values change where the form does not. */
  get fineness(): number {
    return this.info ? FINENESS : 1;
  }

  /** Whether values are still to come for what is displayed. */
  get isBusy(): boolean {
    return this.store.isBusy;
  }

  dispose(): void {
    cancelAnimationFrame(this.asked);
    for (const each of this.held) each.dispose();
  }

  /** What is stored is asked for after the first image, never before. */
  private drawn(_isSharp: boolean): void {
    if (this.isLoaded) {
      this.store.follow();
      return;
    }
    this.isLoaded = true;
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      await this.source.load();
    } catch (error) {
      console.error(error);
    }
    this.relist();
    if (this.wish !== undefined) this.wished(this.wish);
  }

  private relist(): void {
    const { layers, ramps } = this.source;
    if (layers.length > 0) {
      this.toggle ??= this.places.scene.addToggle(ICON, TEXTS.layers, (isOn) => this.open(isOn));
    }
    this.bar.list(layers, opaqueRamps(ramps));
    const known = this.info && layers.find(({ name }) => name === this.info?.name);
    if (this.info) this.show(known ?? null, known ? this.style : null);
  }

  private open(isOn: boolean): void {
    this.isOpen = isOn;
    this.bar.node.hidden = !isOn;
    this.toggle?.set(isOn);
  }

  private choose(name: string | null): void {
    const info = this.source.layers.find((each) => each.name === name) ?? null;
    this.show(info, info && usualStyle(info));
    this.places.scene.say(info ? TEXTS.shown(info.title) : TEXTS.hidden);
  }

  /** Python asks for a layer, or takes it away. */
  private wished(value: unknown): void {
    const wish = readWish(value);
    if (!wish) {
      if (value === null) this.show(null, null);
      return;
    }
    const info = this.source.layers.find(({ name }) => name === wish.name);
    if (!info) {
      this.places.scene.complain(TEXTS.unknown(wish.name), TEXTS.unknownHint);
      return;
    }
    this.show(info, { ...usualStyle(info), ...wish });
    if (!this.isOpen) this.open(true);
  }

  private show(info: LayerInfo | null, style: LayerStyle | null): void {
    this.info = info;
    this.bar.show(info, style);
    this.store.use(info);
    if (info && style) {
      this.restyle(style);
      return;
    }
    this.style = null;
    this.legend.hide();
    this.redraw();
  }

  private restyle(style: LayerStyle): void {
    const { info } = this;
    if (!info) return;
    const ramp = this.source.ramps.find(({ name }) => name === style.ramp) ?? this.source.ramps[0];
    this.style = style;
    const { layer } = this.places.stage;
    if (ramp) layer.useRamp(ramp.stops);
    layer.show(style.look, limitsOf(info, style), style.strength);
    this.legend.show(info, style, ramp?.stops ?? []);
    this.bar.show(info, style);
    this.redraw();
  }

  private redraw(): void {
    const isAlone = this.style?.look === "colors";
    this.places.stage.useLayer((mesh) => this.store.has(mesh), isAlone);
    this.legend.node.dataset.state = this.store.isBusy ? "loading" : "ready";
    this.places.scene.invalidate();
  }

  /** The value under the pointer, at most once for each frame. */
  private follow(at: ScreenPoint | null): void {
    this.pointer = at;
    if (!this.info || this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      const { pointer } = this;
      this.legend.read(pointer && this.valueAt(this.places.scene.pick(pointer.x, pointer.y)));
    });
  }

  private valueAt(picked: PickedPoint | null): number | null {
    return picked?.place && this.info ? this.store.valueAt(picked.place) : null;
  }

  private readMiddle(): void {
    const { scene } = this.places;
    const { width, height } = scene.size;
    const picked = scene.pick(width / 2, height / 2);
    const value = this.valueAt(picked);
    this.legend.read(value);
    if (!this.info || !picked) scene.say(TEXTS.nothingHere);
    else if (value === null) scene.say(TEXTS.coming);
    else scene.say(TEXTS.valueOf(this.info.title, this.legend.text));
  }

  private fail(error: unknown): void {
    console.error(error);
    const isInKernel = this.info !== null && this.source.isInKernel(this.info.name);
    const hint = error instanceof Error ? error.message : "";
    this.places.scene.complain(TEXTS.failed, isInKernel ? TEXTS.inKernel : hint);
  }
}
