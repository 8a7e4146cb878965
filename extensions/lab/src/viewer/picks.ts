/**
 * Picks that everybody who has the notebook open sees at once.
 *
 * They live in the notebook's shared document beside its cells: one map for each view,
 * one entry for each pick, so that two people who pick at the same moment both keep
 * their pick, and somebody who comes later finds them all, with or without a kernel.
 * They are not written into the `.ipynb` file.
 *
 * A kernel that knows the view is told too, and may set picks itself; see `kernel.ts`.
 */
import type { Disposable, Pick, PickLink } from "@museion/widgets";

/** The part of a `Y.Map` that is used here. */
export interface PickMap {
  forEach(visit: (value: unknown, key: string) => void): void;
  set(key: string, value: unknown): unknown;
  delete(key: string): void;
  observe(listener: () => void): void;
  unobserve(listener: () => void): void;
}

/** The part of a `Y.Doc` that is used here. */
export interface PickDocument {
  getMap(name: string): PickMap;
  transact(change: () => void): void;
}

/** The other side of a view's picks: its widget in the kernel. */
export interface PickRelay extends Disposable {
  send(picks: readonly Pick[]): void;
  listen(listener: (picks: readonly Pick[]) => void): void;
}

interface StoredPick extends Pick {
  readonly order: number;
}

/** The picks of one view. */
export class SharedPicks implements PickLink, Disposable {
  private readonly map: PickMap;
  private readonly listeners = new Set<(picks: readonly Pick[]) => void>();
  private readonly onChange = () => this.tell();

  constructor(
    private readonly document: PickDocument,
    view: string,
    private readonly relay: PickRelay | null = null,
  ) {
    this.map = document.getMap(`museion:picks:${view}`);
    this.map.observe(this.onChange);
    relay?.listen((picks) => this.write(picks));
  }

  get(): readonly Pick[] {
    const stored: StoredPick[] = [];
    this.map.forEach((value) => {
      if (isStoredPick(value)) stored.push(value);
    });
    stored.sort((a, b) => a.order - b.order || keyOf(a).localeCompare(keyOf(b)));
    return stored.map(({ x, y, radius, label }) => ({ x, y, radius, label }));
  }

  set(picks: readonly Pick[]): void {
    this.write(picks);
    this.relay?.send(this.get());
  }

  subscribe(listener: (picks: readonly Pick[]) => void): Disposable {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  dispose(): void {
    this.map.unobserve(this.onChange);
    this.listeners.clear();
    this.relay?.dispose();
  }

  /** Changes only what differs, so that another person's new pick is not undone. */
  private write(picks: readonly Pick[]): void {
    const before = new Map<string, StoredPick>();
    this.map.forEach((value, key) => {
      if (isStoredPick(value)) before.set(key, value);
    });
    const after = new Map(picks.map((pick, order) => [keyOf(pick), { ...pick, order }]));
    this.document.transact(() => {
      for (const key of before.keys()) if (!after.has(key)) this.map.delete(key);
      for (const [key, pick] of after) {
        if (JSON.stringify(before.get(key)) !== JSON.stringify(stored(pick))) {
          this.map.set(key, stored(pick));
        }
      }
    });
  }

  private tell(): void {
    const picks = this.get();
    for (const listener of this.listeners) listener(picks);
  }
}

/** Whether `value` is a pick, wherever it came from. */
export function isPick(value: unknown): value is Pick {
  const pick = value as Partial<Pick> | null;
  return (
    typeof pick === "object" &&
    pick !== null &&
    [pick.x, pick.y, pick.radius].every(Number.isFinite) &&
    typeof pick.label === "string"
  );
}

function isStoredPick(value: unknown): value is StoredPick {
  return isPick(value) && Number.isFinite((value as Partial<StoredPick>).order);
}

function stored({ x, y, radius, label, order }: StoredPick): StoredPick {
  return { x, y, radius, label, order };
}

function keyOf(pick: Pick): string {
  return `${pick.x},${pick.y}`;
}
