/**
 * Holds pages: fetches them by urgency, a few requests at a time, and forgets those unused for
 * longest, first on the graphics card, then in memory.
 *
 * A page that can't be read is left out and counted; the levels above it stay. While nobody
 * answers, it asks again, after longer and longer times, and goes on by itself.
 */
import type { Wish } from "./cut";
import type { DecodedCluster } from "./decode";
import { parseBatch } from "./format";
import { failureOf, type ScanSource } from "./sources";

const REQUESTS_AT_ONCE = 3;
const PAGES_PER_REQUEST = 4;
/** Refused pages in a row after which it is not the pages that are at fault. */
const MAX_REFUSED = 3;
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15_000] as const;

/** What the pages are shown by. */
export interface PageSink {
  /** Takes a decoded page and returns the bytes it holds on the graphics card. */
  add(group: number, clusters: DecodedCluster[]): number;
  remove(group: number): void;
}

export interface PageBudget {
  /** Bytes to hold on the graphics card. */
  readonly card: number;
  /** Bytes of encoded pages to hold in memory. */
  readonly memory: number;
}

export interface PageEvents {
  /** Pages arrived. */
  changed(): void;
  /** Nobody answers, or somebody does again. */
  waiting(isWaiting: boolean): void;
  /** So many pages can't be read. */
  damaged(pages: number): void;
  /** The server refuses; nothing more is asked until `again`. */
  refused(error: unknown): void;
}

export interface PageParts {
  readonly source: ScanSource;
  readonly sink: PageSink;
  readonly budget: PageBudget;
  readonly events: PageEvents;
  /** Turns a stored page into what is drawn; rejects what is no page of this group. */
  decode(group: number, page: Uint8Array): Promise<DecodedCluster[]>;
}

export class PageStore {
  /** Bytes on the graphics card, by group. */
  private readonly loaded = new Map<number, number>();
  /** Pages as they were stored, by group. */
  private readonly stored = new Map<number, Uint8Array>();
  private readonly usedAt = new Map<number, number>();
  private readonly pending = new Set<number>();
  private readonly broken = new Set<number>();
  /** To be asked for one by one: one of them failed in company. */
  private readonly suspect = new Set<number>();
  private wishes: readonly Wish[] = [];
  private requests = 0;
  private refusals = 0;
  private isRefused = false;
  private retries = 0;
  private retry = 0;
  private clock = 0;
  private generation = 0;
  private cardBytes = 0;
  private memoryBytes = 0;

  constructor(private readonly parts: PageParts) {}

  has(group: number): boolean {
    return this.loaded.has(group);
  }

  /** Whether nobody answers at the moment. */
  get isWaiting(): boolean {
    return this.retries > 0;
  }

  /** Whether a page can't be read. */
  isBroken(group: number): boolean {
    return this.broken.has(group);
  }

  /** A page as it was stored, while it is held. */
  page(group: number): Uint8Array | undefined {
    return this.stored.get(group);
  }

  /** States what is wanted now, most urgent first, and asks for what is missing. */
  want(wishes: readonly Wish[]): void {
    this.wishes = wishes;
    this.clock += 1;
    for (const { group } of wishes) this.usedAt.set(group, this.clock);
    this.ask();
  }

  /** Takes a page that is here, and puts it on the graphics card. */
  async keep(group: number, page: Uint8Array): Promise<void> {
    const { generation } = this;
    if (!this.stored.has(group)) {
      const own = page.slice(); // the server's answer holds others too
      this.stored.set(group, own);
      this.memoryBytes += own.byteLength;
    }
    try {
      const clusters = await this.parts.decode(group, page);
      if (generation !== this.generation || this.loaded.has(group)) return;
      const bytes = this.parts.sink.add(group, clusters);
      this.loaded.set(group, bytes);
      this.cardBytes += bytes;
    } catch (error) {
      console.warn(`Page ${group} of the scan can't be read`, error);
      this.forget(group);
      this.leaveOut(group);
    }
  }

  /** Asks at once for what could not be had: the connection may be back. */
  again(): void {
    this.isRefused = false;
    if (this.retry) this.goOn();
    else this.ask();
  }

  /** Forgets what the graphics card holds. */
  forgetCard(): void {
    this.generation += 1;
    for (const group of this.loaded.keys()) this.parts.sink.remove(group);
    this.loaded.clear();
    this.pending.clear();
    this.wishes = [];
    this.cardBytes = 0;
  }

  /** Forgets everything, answers under way included. */
  clear(): void {
    this.forgetCard();
    clearTimeout(this.retry);
    this.retry = 0;
    this.stored.clear();
    this.memoryBytes = 0;
  }

  private ask(): void {
    while (this.requests < REQUESTS_AT_ONCE && !this.isRefused) {
      const missing = this.wishes
        .map(({ group }) => group)
        .filter((group) => !this.loaded.has(group) && !this.pending.has(group))
        .filter((group) => !this.broken.has(group));
      const [first] = missing;
      if (first === undefined) return;
      if (this.stored.has(first)) void this.restore(first);
      else if (this.retry) return;
      else void this.fetch(this.batch(missing));
    }
  }

  private batch(missing: readonly number[]): number[] {
    const away = missing.filter((group) => !this.stored.has(group));
    const alone = away[0] !== undefined && this.suspect.has(away[0]);
    if (alone) return away.slice(0, 1);
    return away.filter((group) => !this.suspect.has(group)).slice(0, PAGES_PER_REQUEST);
  }

  private restore(group: number): Promise<void> {
    return this.during([group], async () => {
      const page = this.stored.get(group);
      if (page) await this.keep(group, page);
    });
  }

  private fetch(groups: readonly number[]): Promise<void> {
    return this.during(groups, async () => {
      const { generation } = this;
      const pages = [...parseBatch(await this.parts.source.pages(groups))];
      this.answered();
      if (generation !== this.generation) return;
      await Promise.all(pages.map(([group, page]) => this.keep(group, page)));
    });
  }

  /** Does something for groups that nobody else does meanwhile, and goes on to the next. */
  private async during(groups: readonly number[], work: () => Promise<void>): Promise<void> {
    const { generation } = this;
    for (const group of groups) this.pending.add(group);
    this.requests += 1;
    try {
      await work();
    } catch (error) {
      if (generation === this.generation) this.failed(groups, error);
    } finally {
      this.requests -= 1;
      if (generation === this.generation) {
        for (const group of groups) this.pending.delete(group);
        this.evict();
        this.parts.events.changed();
      }
      this.ask();
    }
  }

  private answered(): void {
    this.refusals = 0;
    if (this.retries === 0) return;
    clearTimeout(this.retry);
    this.retry = this.retries = 0;
    this.parts.events.waiting(false);
  }

  private failed(groups: readonly number[], error: unknown): void {
    const failure = failureOf(error);
    const [first] = groups;
    if (failure === "connection") {
      this.wait();
    } else if (failure === "page" && groups.length > 1) {
      for (const group of groups) this.suspect.add(group);
    } else if (failure === "page" && first !== undefined && this.refusals < MAX_REFUSED) {
      this.refusals += 1;
      this.leaveOut(first);
    } else if (!this.isRefused) {
      this.isRefused = true;
      this.parts.events.refused(error);
    }
  }

  private wait(): void {
    if (this.retry) return;
    const delay = RETRY_MS[Math.min(this.retries, RETRY_MS.length - 1)];
    this.retries += 1;
    this.parts.events.waiting(true);
    this.retry = window.setTimeout(() => this.goOn(), delay);
  }

  private goOn(): void {
    clearTimeout(this.retry);
    this.retry = 0;
    this.ask();
  }

  private leaveOut(group: number): void {
    this.broken.add(group);
    this.parts.events.damaged(this.broken.size);
  }

  /** Forgets pages that were unused for longest, until both budgets are kept. */
  private evict(): void {
    const { card, memory } = this.parts.budget;
    if (this.cardBytes <= card && this.memoryBytes <= memory) return;
    const age = (group: number): number => this.usedAt.get(group) ?? 0;
    const oldest = [...this.stored.keys()]
      .filter((group) => group !== 0 && age(group) < this.clock)
      .sort((a, b) => age(a) - age(b));
    for (const group of oldest) {
      if (this.memoryBytes > memory) this.forget(group);
      else if (this.cardBytes > card) this.unload(group);
    }
  }

  private unload(group: number): void {
    const bytes = this.loaded.get(group);
    if (bytes === undefined) return;
    this.loaded.delete(group);
    this.cardBytes -= bytes;
    this.parts.sink.remove(group);
  }

  private forget(group: number): void {
    this.unload(group);
    this.memoryBytes -= this.stored.get(group)?.byteLength ?? 0;
    this.stored.delete(group);
  }
}
