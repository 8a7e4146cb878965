/** Fetches pages by urgency, a few requests at a time, and forgets those unused for longest. */
import type { ViewerHost } from "../host";
import type { Wish } from "./cut";
import { type DecodedCluster, decodePage } from "./decode";
import { parseBatch } from "./format";

const REQUESTS_AT_ONCE = 3;
const PAGES_PER_REQUEST = 4;
const MAX_FAILURES = 3;

/** What the pages are shown by. */
export interface PageSink {
  /** Takes a decoded page and returns the bytes it holds on the graphics card. */
  add(group: number, clusters: DecodedCluster[]): number;
  remove(group: number): void;
}

export class PageStore {
  private readonly sizes = new Map<number, number>();
  private readonly encoded = new Map<number, Uint8Array>();
  private readonly usedAt = new Map<number, number>();
  private readonly pending = new Set<number>();
  private wishes: readonly Wish[] = [];
  private requests = 0;
  private failures = 0;
  private clock = 0;
  private generation = 0;
  private bytes = 0;

  /**
   * @param path - Route of the pages without its `ids`.
   * @param budget - Bytes to hold on the graphics card.
   * @param onChange - Called when pages arrived.
   * @param onError - Called when the server keeps failing.
   */
  constructor(
    private readonly host: ViewerHost,
    private readonly path: string,
    private readonly sink: PageSink,
    private readonly budget: number,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  has(group: number): boolean {
    return this.sizes.has(group);
  }

  /** A page as it was stored, while it is loaded. */
  page(group: number): Uint8Array | undefined {
    return this.encoded.get(group);
  }

  get isBusy(): boolean {
    return this.pending.size > 0;
  }

  /** States what is wanted now, most urgent first, and asks for what is missing. */
  want(wishes: readonly Wish[]): void {
    this.wishes = wishes;
    this.clock += 1;
    for (const { group } of wishes) this.usedAt.set(group, this.clock);
    this.ask();
  }

  /** Keeps a page that is already here. */
  async keep(group: number, page: Uint8Array): Promise<void> {
    const generation = this.generation;
    const clusters = await decodePage(page);
    if (generation !== this.generation || this.sizes.has(group)) return;
    const bytes = this.sink.add(group, clusters);
    this.sizes.set(group, bytes);
    this.encoded.set(group, page.slice()); // of its own: the server's answer holds others too
    this.bytes += bytes;
  }

  /** Forgets everything, answers under way included. */
  clear(): void {
    this.generation += 1;
    for (const group of this.sizes.keys()) this.sink.remove(group);
    this.sizes.clear();
    this.encoded.clear();
    this.pending.clear();
    this.wishes = [];
    this.bytes = 0;
    this.failures = 0;
  }

  private ask(): void {
    while (this.requests < REQUESTS_AT_ONCE) {
      const ids = this.wishes
        .map(({ group }) => group)
        .filter((group) => !this.sizes.has(group) && !this.pending.has(group))
        .slice(0, PAGES_PER_REQUEST);
      if (ids.length === 0) return;
      void this.fetch(ids);
    }
  }

  private async fetch(ids: readonly number[]): Promise<void> {
    const generation = this.generation;
    for (const id of ids) this.pending.add(id);
    this.requests += 1;
    try {
      const answer = await this.host.fetchBytes(`${this.path}&ids=${ids.join(",")}`);
      const pages = [...parseBatch(answer)];
      if (generation !== this.generation) return;
      await Promise.all(pages.map(([group, page]) => this.keep(group, page)));
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      if (this.failures >= MAX_FAILURES && generation === this.generation) {
        this.wishes = [];
        this.onError(error);
      }
    } finally {
      this.requests -= 1;
      for (const id of ids) this.pending.delete(id);
      if (generation === this.generation) {
        this.evict();
        this.ask();
        this.onChange();
      }
    }
  }

  private evict(): void {
    if (this.bytes <= this.budget) return;
    const oldest = [...this.sizes.keys()]
      .filter((group) => group !== 0 && (this.usedAt.get(group) ?? 0) < this.clock)
      .sort((a, b) => (this.usedAt.get(a) ?? 0) - (this.usedAt.get(b) ?? 0));
    for (const group of oldest) {
      if (this.bytes <= this.budget) return;
      this.bytes -= this.sizes.get(group) ?? 0;
      this.sizes.delete(group);
      this.encoded.delete(group);
      this.sink.remove(group);
    }
  }
}
