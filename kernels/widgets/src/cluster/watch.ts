/**
 * Follows the workspace's clusters: one question every two seconds, however many cards are shown,
 * fewer while there is no cluster, and none while nobody looks.
 *
 * The server is asked, never the kernel: a card works while the kernel computes, after it is gone,
 * and for somebody who came later.
 */
import { type Disposable, HostError, type HttpHost } from "../host";
import { type Clusters, readClusters } from "./report";
import { TEXTS } from "./texts";

export const EVERY_MS = 2000;
const WITHOUT_ANY_MS = 6000;
const SLOWEST_MS = 20_000;

/** What went wrong, for a person. */
export interface Trouble {
  readonly message: string;
  readonly hint: string;
}

/** What is known now: the last good answer, and what went wrong since. */
export interface Known {
  readonly clusters: Clusters | null;
  readonly trouble: Trouble | null;
}

/** A cluster to start. */
export interface StartWish {
  readonly name: string;
  readonly place: string;
  readonly workers: number;
  readonly memory_gb: number;
}

/** What a member wishes of a running cluster. */
export type Wish =
  | { readonly kind: "scale"; readonly workers: number }
  | { readonly kind: "adapt"; readonly minimum: number; readonly maximum: number }
  | { readonly kind: "close" };

/** The part of a server that is used here. */
export type ClusterHost = Pick<HttpHost, "baseUrl" | "fetchJson" | "postJson">;

export class ClusterWatch implements Disposable {
  private known: Known = { clusters: null, trouble: null };
  private readonly listeners = new Set<(known: Known) => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private asking: Promise<void> | null = null;
  private readonly onVisible = () => {
    if (!document.hidden) void this.refresh();
  };

  constructor(private readonly host: ClusterHost) {}

  get now(): Known {
    return this.known;
  }

  /** Tells `listener` at once what is known, and whenever that changes. */
  subscribe(listener: (known: Known) => void): Disposable {
    this.listeners.add(listener);
    listener(this.known);
    if (this.listeners.size === 1) {
      document.addEventListener("visibilitychange", this.onVisible);
    }
    void this.refresh();
    return {
      dispose: () => {
        this.listeners.delete(listener);
        if (this.listeners.size === 0) this.rest();
      },
    };
  }

  /** Asks no more, whoever still listens: for a page that has lost its server. */
  dispose(): void {
    this.listeners.clear();
    this.rest();
  }

  private rest(): void {
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.onVisible);
  }

  /** Asks now. */
  refresh(): Promise<void> {
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  /** Tells a cluster what is wished; fails with a `HostError`. */
  async act(id: string, { kind, ...numbers }: Wish): Promise<void> {
    await this.host.postJson(`clusters/${encodeURIComponent(id)}/${kind}`, numbers);
    await this.refreshAnew();
  }

  /** Starts a cluster and gives its id; fails with a `HostError`. */
  async start(wish: StartWish): Promise<string> {
    const { id } = await this.host.postJson<{ id: string }>("clusters", wish);
    await this.refreshAnew();
    return id;
  }

  /** Where the pages of a cluster's scheduler are. */
  dashboardUrl(id: string): string {
    return `${this.host.baseUrl}museion/clusters/${encodeURIComponent(id)}/dashboard/status`;
  }

  /** Asks for what is true after something was done, not for an answer that was under way. */
  private async refreshAnew(): Promise<void> {
    await this.asking;
    await this.refresh();
  }

  private async ask(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const clusters = readClusters(await this.host.fetchJson<unknown>("clusters"));
      this.failures = 0;
      this.tell({ clusters, trouble: null });
    } catch (error) {
      this.failures += 1;
      this.tell({ clusters: this.known.clusters, trouble: explainTrouble(error) });
    }
    if (this.listeners.size === 0 || document.hidden) return;
    const usual = this.known.clusters?.clusters.length === 0 ? WITHOUT_ANY_MS : EVERY_MS;
    const wait = Math.min(usual * 2 ** Math.min(this.failures, 8), SLOWEST_MS);
    this.timer = setTimeout(() => void this.refresh(), wait);
  }

  private tell(known: Known): void {
    this.known = known;
    for (const listener of [...this.listeners]) listener(known);
  }
}

/** What to tell a person about a request that failed. */
export function explainTrouble(error: unknown): Trouble {
  if (error instanceof HostError) return { message: error.message, hint: error.hint };
  return { message: TEXTS.unreachable, hint: TEXTS.unreachableHint };
}
