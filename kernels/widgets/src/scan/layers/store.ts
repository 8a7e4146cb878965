/**
 * The values of the shown layer, page by page: fetched for the triangles that are displayed,
 * after them, and dropped with them. Nothing waits for values: until they are there, a cluster
 * shows its plain surface.
 */
import { MeshoptDecoder } from "meshoptimizer/decoder";
import { BufferAttribute, type Mesh, type Points } from "three";

import type { ScanHead } from "../format";
import type { LayerInfo } from "./info";
import type { LayerSource } from "./source";
import { decodeValues, type EncodedValues, parseValues, toPairs } from "./values";

const REQUESTS_AT_ONCE = 2;
const PAGES_PER_REQUEST = 8;
const MAX_FAILURES = 3;
/** Name of the attribute that the shaders read. */
export const ATTRIBUTE = "layer";

/** A cluster on the graphics card: triangles, or points of a cloud. */
export type Drawn = Mesh | Points;

/** What is on the graphics card. */
export interface LayerTarget {
  /** Meshes of the loaded clusters by their number. */
  readonly meshes: ReadonlyMap<number, Drawn>;
}

/** A place on a triangle of a cluster. */
export interface TrianglePlace {
  readonly cluster: number;
  readonly rows: readonly [number, number, number];
  readonly weights: readonly [number, number, number];
}

export class LayerStore {
  private readonly groupOf: Uint32Array;
  private readonly pages = new Map<number, readonly EncodedValues[]>();
  private readonly pending = new Set<number>();
  /** What each mesh has values of. */
  private readonly dressed = new WeakMap<Drawn, string>();
  private info: LayerInfo | null = null;
  private key = "";
  private requests = 0;
  private failures = 0;

  /**
   * @param onChange - Called when values arrived.
   * @param onError - Called when they keep failing to.
   */
  constructor(
    private readonly head: ScanHead,
    private readonly target: LayerTarget,
    private readonly source: Pick<LayerSource, "pages" | "keyOf">,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
  ) {
    this.groupOf = new Uint32Array(head.clusters.count);
    for (let group = 0; group < head.groups.count; group += 1) {
      const first = head.groups.firstCluster[group] ?? 0;
      this.groupOf.fill(group, first, first + (head.groups.clusters[group] ?? 0));
    }
  }

  /** Whether values are still to come for what is displayed. */
  get isBusy(): boolean {
    return this.info !== null && this.failures < MAX_FAILURES && this.missing().length > 0;
  }

  /** Whether a mesh has values of the layer that is shown. */
  has(mesh: Drawn): boolean {
    return this.info !== null && this.dressed.get(mesh) === this.key;
  }

  /** Shows another layer, or none. */
  use(info: LayerInfo | null): void {
    const key = info ? this.source.keyOf(info.name) : "";
    if (key === this.key) return;
    this.key = key;
    this.info = info;
    this.failures = 0;
    this.pages.clear();
    this.pending.clear();
    this.follow();
  }

  /** After each frame: drops what the scan dropped, and asks for what is displayed. */
  follow(): void {
    if (!this.info) return;
    const loaded = new Set<number>();
    for (const cluster of this.target.meshes.keys()) loaded.add(this.groupOf[cluster] ?? 0);
    for (const group of this.pages.keys()) if (!loaded.has(group)) this.pages.delete(group);
    if (this.attach()) this.onChange();
    this.ask();
  }

  /** The value at a place of a displayed triangle; NaN where none is known, null if not here. */
  valueAt({ cluster, rows, weights }: TrianglePlace): number | null {
    const group = this.groupOf[cluster] ?? 0;
    const encoded = this.pages.get(group)?.[cluster - (this.head.groups.firstCluster[group] ?? 0)];
    if (!encoded || !this.info) return null;
    const values = decodeValues(this.info, encoded);
    return rows.reduce((sum, row, at) => {
      const weight = weights[at] ?? 0;
      return weight === 0 ? sum : sum + weight * (values[row] ?? Number.NaN);
    }, 0);
  }

  /** Gives values to meshes that came since their page did; whether there were any. */
  private attach(): boolean {
    let isNew = false;
    for (const [cluster, mesh] of this.target.meshes) {
      if (!this.info || this.has(mesh)) continue;
      const group = this.groupOf[cluster] ?? 0;
      const own = this.pages.get(group)?.[cluster - (this.head.groups.firstCluster[group] ?? 0)];
      if (!own || own.vertices !== mesh.geometry.getAttribute("position").count) continue;
      setPairs(mesh, toPairs(decodeValues(this.info, own)));
      this.dressed.set(mesh, this.key);
      isNew = true;
    }
    return isNew;
  }

  /** Pages of what is displayed that are not here, coarse ones first. */
  private missing(): number[] {
    const found = new Set<number>();
    for (const [cluster, mesh] of this.target.meshes) {
      const group = this.groupOf[cluster] ?? 0;
      if (mesh.visible && !this.pages.has(group)) found.add(group);
    }
    return [...found].sort((a, b) => a - b);
  }

  private ask(): void {
    while (this.info && this.requests < REQUESTS_AT_ONCE && this.failures < MAX_FAILURES) {
      const ids = this.missing()
        .filter((group) => !this.pending.has(group))
        .slice(0, PAGES_PER_REQUEST);
      if (ids.length === 0) return;
      void this.fetch(ids);
    }
  }

  private async fetch(ids: readonly number[]): Promise<void> {
    const { key, info } = this;
    if (!info) return;
    for (const id of ids) this.pending.add(id);
    this.requests += 1;
    try {
      await MeshoptDecoder.ready;
      const answer = await this.source.pages(info.name, ids);
      if (key !== this.key) return;
      for (const id of ids) {
        const page = answer.get(id);
        if (!page) throw new Error("A part of the layer did not come");
        this.pages.set(id, parseValues(page.slice()));
      }
      this.failures = 0;
      this.attach();
    } catch (error) {
      if (key === this.key) this.fail(error);
    } finally {
      this.requests -= 1;
      if (key === this.key) {
        for (const id of ids) this.pending.delete(id);
        this.onChange();
      }
      this.ask();
    }
  }

  private fail(error: unknown): void {
    this.failures += 1;
    if (this.failures === MAX_FAILURES) this.onError(error);
  }
}

/** Puts values beside the vertices, in place of another layer's. */
function setPairs({ geometry }: Drawn, pairs: Float32Array): void {
  const known = geometry.getAttribute(ATTRIBUTE);
  if (known instanceof BufferAttribute) {
    known.array = pairs;
    known.needsUpdate = true;
    return;
  }
  const made = new BufferAttribute(pairs, 2);
  made.onUpload(() => {
    made.array = new Float32Array();
  });
  geometry.setAttribute(ATTRIBUTE, made);
}
