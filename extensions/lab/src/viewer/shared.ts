/**
 * Marks that everybody who has the notebook open sees at once: spots, regions, lights.
 *
 * They live in the notebook's shared document beside its cells: one map for each view and
 * kind, one entry for each mark, so that two people who mark at the same moment both keep
 * their mark, and somebody who comes later finds them all, with or without a kernel. They are
 * not written into the `.ipynb` file. The server adds whose each one is
 * (museion_lab/live/marks.py); a browser only repeats that.
 *
 * A kernel that knows the view is told too, and may set marks itself; see `kernel.ts`.
 */
import type {
  Disposable,
  Entry,
  EntryKind,
  EntryLink,
  KernelAnswer,
  ListKind,
  ListLink,
  Signed,
  ViewLink,
} from "@museion/widgets";
import type { Doc } from "yjs";
import { type Awareness, SharedCompany } from "./company";
import { SharedEntries } from "./entries";

/** The part of a `Y.Map` that is used here. */
export interface MarkMap {
  forEach(visit: (value: unknown, key: string) => void): void;
  set(key: string, value: unknown): unknown;
  delete(key: string): void;
  observe(listener: () => void): void;
  unobserve(listener: () => void): void;
}

/** The part of a `Y.Doc` that is used here. */
export interface MarkDocument {
  getMap(name: string): MarkMap;
  transact(change: () => void): void;
}

/** The other side of a view: its widget in the kernel. */
export interface Relay extends Disposable {
  send(trait: string, items: readonly object[]): void;
  /** `isOurs` tells whether it was this browser that made the kernel say so. */
  listen(trait: string, listener: (items: readonly unknown[], isOurs: boolean) => void): void;
  /** Rejects without a kernel, or if the widget does not answer. */
  ask(question: object): Promise<KernelAnswer>;
}

type Stored = Readonly<Record<string, unknown>> & { readonly order: number };

/** All that one view shares. */
export class SharedView implements ViewLink, Disposable {
  private readonly lists = new Map<string, SharedList<never>>();
  readonly company: SharedCompany | undefined;
  private readonly notes = new Map<string, SharedEntries<never>>();

  /** @param item - What is viewed: other views of it share the same entries. */
  constructor(
    private readonly document: MarkDocument,
    private readonly view: string,
    private readonly relay: Relay | null = null,
    private readonly item: string = view,
    awareness: Awareness | null = null,
  ) {
    this.company = awareness ? new SharedCompany(awareness, item) : undefined;
  }

  list<T extends object>(kind: ListKind<T>): ListLink<T> {
    const known = this.lists.get(kind.trait);
    if (known) return known as unknown as ListLink<T>;
    const made = new SharedList(this.document, this.view, kind, this.relay);
    this.lists.set(kind.trait, made as unknown as SharedList<never>);
    return made;
  }

  entries<T extends Entry>(kind: EntryKind<T>): EntryLink<T> {
    const known = this.notes.get(kind.name);
    if (known) return known as unknown as EntryLink<T>;
    const document = this.document as unknown as Doc;
    const made = new SharedEntries(document, this.item, kind, this.relay);
    this.notes.set(kind.name, made as unknown as SharedEntries<never>);
    return made;
  }

  ask(question: object): Promise<KernelAnswer> {
    return this.relay?.ask(question) ?? Promise.reject(new Error("This view has no kernel"));
  }

  dispose(): void {
    for (const each of [...this.lists.values(), ...this.notes.values()]) each.dispose();
    this.lists.clear();
    this.notes.clear();
    this.company?.dispose();
    this.relay?.dispose();
  }
}

/** The marks of one kind. */
class SharedList<T extends object> implements ListLink<T>, Disposable {
  private readonly map: MarkMap;
  private readonly listeners = new Set<(items: readonly T[]) => void>();
  private readonly onChange = () => this.tell();
  /** Whether the kernel is still to learn whose our last marks are. */
  private isUnsigned = false;

  constructor(
    private readonly document: MarkDocument,
    view: string,
    private readonly kind: ListKind<T>,
    private readonly relay: Relay | null,
  ) {
    this.map = document.getMap(`museion:${kind.trait}:${view}`);
    this.map.observe(this.onChange);
    relay?.listen(kind.trait, (items) => this.write(items.filter(kind.is)));
  }

  get(): readonly T[] {
    const found: [string, Stored][] = [];
    this.map.forEach((value, key) => {
      if (isStored(value) && this.kind.is(value)) found.push([key, value]);
    });
    found.sort(([a, { order: one }], [b, { order: two }]) => one - two || a.localeCompare(b));
    return found.map(([, { order: _order, ...item }]) => item as unknown as T);
  }

  set(items: readonly T[]): void {
    this.isUnsigned = true;
    this.write(items);
    this.relay?.send(this.kind.trait, this.get());
  }

  subscribe(listener: (items: readonly T[]) => void): Disposable {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  dispose(): void {
    this.map.unobserve(this.onChange);
    this.listeners.clear();
  }

  /** Changes only what differs, so that another person's new mark is not undone. */
  private write(items: readonly T[]): void {
    const before = new Map<string, Stored>();
    this.map.forEach((value, key) => {
      if (isStored(value)) before.set(key, value);
    });
    const after = this.ordered(items, before);
    this.document.transact(() => {
      for (const key of before.keys()) if (!after.has(key)) this.map.delete(key);
      for (const [key, item] of after) {
        if (!isSame(before.get(key), item)) this.map.set(key, item);
      }
    });
  }

  /** Each item behind the one before it; one whose place is right already keeps its number. */
  private ordered(
    items: readonly T[],
    before: ReadonlyMap<string, Stored>,
  ): ReadonlyMap<string, Stored> {
    const after = new Map<string, Stored>();
    let last = -1;
    for (const item of items) {
      const key = this.kind.keyOf(item);
      const known = before.get(key);
      const order = known !== undefined && known.order > last ? known.order : last + 1;
      last = order;
      const { author: _author, edited_by: _edited, ...content } = item as T & Signed;
      after.set(key, { ...content, ...signature(known), order });
    }
    return after;
  }

  private tell(): void {
    const items = this.get();
    for (const listener of this.listeners) listener(items);
    if (this.isUnsigned && items.every((item) => "author" in item)) {
      this.isUnsigned = false;
      this.relay?.send(this.kind.trait, items);
    }
  }
}

/** What the server said of an entry; what an item itself claims does not count. */
function signature(known: Stored | undefined): object {
  const author = known?.author;
  const edited = known?.edited_by;
  return { ...(author ? { author } : {}), ...(edited ? { edited_by: edited } : {}) };
}

function isStored(value: unknown): value is Stored {
  return (
    typeof value === "object" &&
    value !== null &&
    Number.isFinite((value as { order?: unknown }).order)
  );
}

function isSame(a: Stored | undefined, b: Stored): boolean {
  return a !== undefined && plain(a) === plain(b);
}

function plain(item: Stored): string {
  return JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
}
