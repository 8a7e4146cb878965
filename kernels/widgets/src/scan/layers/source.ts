/** Where layers come from: the workspace's server, or the memory of the view's kernel. */
import type { Disposable, ListKind, ViewerHost, ViewLink, ViewSpec } from "../../host";
import { parseBatch } from "../format";
import { scanPath } from "../sources";
import { isNumber, type LayerInfo, type ScanLayers } from "./info";

/** A layer that lives in the kernel; `key` changes with its values. */
export interface KernelLayer extends LayerInfo {
  readonly key: string;
}

/** What Python asks to be shown; `call` differs each time. */
export interface ShownWish {
  readonly call: string;
  readonly layer: unknown;
}

const KERNEL_LAYERS: ListKind<KernelLayer> = {
  trait: "layer_infos",
  is: isKernelLayer,
  keyOf: ({ key }) => key,
};

const SHOWN: ListKind<ShownWish> = {
  trait: "layer_calls",
  is: (value): value is ShownWish =>
    typeof value === "object" && value !== null && "call" in value && "layer" in value,
  keyOf: ({ call }) => call,
};

export interface SourcePlaces {
  readonly spec: ViewSpec;
  readonly host: ViewerHost;
  readonly link: ViewLink | null;
}

export class LayerSource implements Disposable {
  private stored: ScanLayers = { layers: [], ramps: [] };
  private kernel: readonly KernelLayer[];
  private readonly held: Disposable[] = [];
  private lastCall: string | null;

  /**
   * @param onChange - Called when other layers are there.
   * @param onWish - Called when Python asks to show one.
   */
  constructor(
    private readonly places: SourcePlaces,
    onChange: () => void,
    onWish: (layer: unknown) => void,
  ) {
    const { spec, link } = places;
    const told = spec.options?.kernel_layers;
    this.kernel = Array.isArray(told) ? told.filter(isKernelLayer) : [];
    const layers = link?.list(KERNEL_LAYERS);
    if (layers?.get().length) this.kernel = layers.get();
    const calls = link?.list(SHOWN);
    this.lastCall = calls?.get().at(-1)?.call ?? null;
    if (layers) {
      this.held.push(
        layers.subscribe((found) => {
          this.kernel = found;
          onChange();
        }),
      );
    }
    if (calls) {
      this.held.push(
        calls.subscribe((found) => {
          const wish = found.at(-1);
          if (!wish || wish.call === this.lastCall) return;
          this.lastCall = wish.call;
          onWish(wish.layer);
        }),
      );
    }
  }

  /** Those in the kernel come first: they hide stored ones of the same name. */
  get layers(): readonly LayerInfo[] {
    const names = new Set(this.kernel.map(({ name }) => name));
    return [...this.kernel, ...this.stored.layers.filter(({ name }) => !names.has(name))];
  }

  get ramps(): ScanLayers["ramps"] {
    return this.stored.ramps;
  }

  /** Asks the server what is stored. */
  async load(): Promise<void> {
    const { spec, host } = this.places;
    if (spec.options?.source === "kernel") return; // a mesh without a dataset
    this.stored = await host.fetchJson<ScanLayers>(scanPath(spec, "layers"));
  }

  /** Whether a layer is in the kernel's memory only. */
  isInKernel(name: string): boolean {
    return this.kernel.some((each) => each.name === name);
  }

  /** Changes when the values of a layer do. */
  keyOf(name: string): string {
    return this.kernel.find((each) => each.name === name)?.key ?? `stored:${name}`;
  }

  async pages(name: string, ids: readonly number[]): Promise<Map<number, Uint8Array>> {
    if (this.isInKernel(name)) return this.fromKernel(name, ids);
    const { spec, host } = this.places;
    const path = scanPath(spec, `layers/${encodeURIComponent(name)}/pages`);
    return parseBatch(await host.fetchBytes(`${path}&ids=${ids.join(",")}`));
  }

  dispose(): void {
    for (const each of this.held) each.dispose();
  }

  private async fromKernel(name: string, ids: readonly number[]): Promise<Map<number, Uint8Array>> {
    const asked = this.places.link?.ask?.({ ask: "layer", layer: name, pages: ids });
    const { pages } = (await (asked ?? Promise.reject(new Error("There is no kernel")))) as {
      pages?: unknown;
    };
    const found = new Map<number, Uint8Array>();
    if (typeof pages !== "object" || pages === null)
      throw new Error("The kernel has no such layer");
    for (const [id, text] of Object.entries(pages)) {
      found.set(
        Number(id),
        Uint8Array.from(atob(String(text)), (letter) => letter.charCodeAt(0)),
      );
    }
    return found;
  }
}

function isKernelLayer(value: unknown): value is KernelLayer {
  if (typeof value !== "object" || value === null) return false;
  const { key, name, title, unit, quantity, center, percentiles, lowest, step } = value as Record<
    string,
    unknown
  >;
  return (
    [key, name, title, unit, quantity].every((each) => typeof each === "string") &&
    (center === null || isNumber(center)) &&
    Array.isArray(percentiles) &&
    percentiles.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isNumber)) &&
    isNumber(lowest) &&
    isNumber(step)
  );
}
