/**
 * Entries with texts, shared through the notebook's document: annotations on a scan.
 *
 * Each entry is a map of its own, so that two people may change different members of one; its
 * body is a text that merges letter by letter, its replies a map with one entry for each. They
 * belong to the item, not to the view: a cell that runs again finds them, and so does a second
 * view. Whose each one is, and since when, the server says (museion_lab/live/annotations.py).
 *
 * A kernel that knows the view gets copies, and may wish for changes: the browser that ran the
 * cell carries them out, so that the author is the person who did.
 */
import type {
  Dated,
  Disposable,
  Entry,
  EntryKind,
  EntryLink,
  EntryMembers,
  Reply,
  TextChange,
} from "@museion/widgets";
import { type Doc, type YEvent, Map as YMap, Text as YText } from "yjs";
import type { Relay } from "./shared";

const TELL_KERNEL_MS = 250;
const STAMPS: readonly string[] = ["author", "created", "edited_by", "modified"];

/** What the kernel asks for: to put an entry, or to remove one. */
interface Wish {
  readonly put?: unknown;
  readonly remove?: unknown;
}

export class SharedEntries<T extends Entry> implements EntryLink<T>, Disposable {
  private readonly map: YMap<unknown>;
  private readonly known = new Map<string, T | null>();
  private readonly listeners = new Set<(entries: readonly T[]) => void>();
  private sorted: readonly T[] | null = null;
  /** Whether the kernel is still to learn of what was changed here. */
  private isBehind = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly onChange = (events: readonly YEvent<YMap<unknown>>[]) => this.hear(events);

  /** @param subject - What the entries are about, the same for all its views. */
  constructor(
    private readonly document: Doc,
    subject: string,
    private readonly kind: EntryKind<T>,
    private readonly relay: Relay | null,
  ) {
    this.map = document.getMap(`museion-${kind.name}:${subject}`);
    this.map.observeDeep(this.onChange as Parameters<typeof this.map.observeDeep>[0]);
    relay?.listen(`_${kind.name}_wishes`, (wishes, isOurs) => {
      if (isOurs) for (const wish of wishes) this.grant(wish as Wish | null);
    });
    relay?.send(`_${kind.name}_calls`, [{ call: crypto.randomUUID() }]);
    this.tellKernel();
  }

  get(): readonly T[] {
    this.sorted ??= [...this.map.keys()]
      .flatMap((id) => this.read(id) ?? [])
      .sort((a, b) => compare(moment(a), moment(b)) || compare(a.id, b.id));
    return this.sorted;
  }

  put(entry: T): void {
    const { id, body, replies, ...members } = unsigned(entry);
    const texts = { body: new YText(body), replies: new YMap<unknown>() };
    for (const reply of replies) texts.replies.set(reply.id, unsigned(reply));
    this.edit(() => this.map.set(id, new YMap(Object.entries({ id, ...members, ...texts }))));
  }

  change(id: string, members: Partial<EntryMembers<T>>): void {
    const entry = this.find(id);
    if (!entry) return;
    this.edit(() => {
      for (const [name, value] of Object.entries(members)) entry.set(name, value);
    });
  }

  write(id: string, { at, removed, inserted }: TextChange): void {
    const text = this.find(id)?.get("body");
    if (!(text instanceof YText)) return;
    this.edit(() => {
      if (removed > 0) text.delete(at, removed);
      if (inserted) text.insert(at, inserted);
    });
  }

  reply(id: string, reply: Reply): void {
    this.withReplies(id, (replies) => replies.set(reply.id, unsigned(reply)));
  }

  removeReply(id: string, reply: string): void {
    this.withReplies(id, (replies) => replies.delete(reply));
  }

  remove(id: string): void {
    this.edit(() => this.map.delete(id));
  }

  subscribe(listener: (entries: readonly T[]) => void): Disposable {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.map.unobserveDeep(this.onChange as Parameters<typeof this.map.unobserveDeep>[0]);
    this.listeners.clear();
  }

  private edit(change: () => void): void {
    this.isBehind = true;
    this.document.transact(change);
  }

  private withReplies(id: string, change: (replies: YMap<unknown>) => void): void {
    const replies = this.find(id)?.get("replies");
    if (replies instanceof YMap) this.edit(() => change(replies));
  }

  private find(id: string): YMap<unknown> | null {
    const entry = this.map.get(id);
    return entry instanceof YMap ? entry : null;
  }

  /** A plain copy; null for what is no entry. */
  private read(id: string): T | null {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const entry = this.find(id);
    const copy: unknown = entry && plain(entry, id);
    const made = this.kind.is(copy) ? copy : null;
    this.known.set(id, made);
    return made;
  }

  private hear(events: readonly YEvent<YMap<unknown>>[]): void {
    for (const { path, changes } of events) {
      const [id] = path;
      for (const key of id === undefined ? changes.keys.keys() : [String(id)]) {
        this.known.delete(key);
      }
    }
    this.sorted = null;
    const entries = this.get();
    for (const listener of this.listeners) listener(entries);
    if (this.isBehind) this.tellKernel();
  }

  /** Sends copies to the kernel soon; again once the server has signed them. */
  private tellKernel(): void {
    if (!this.relay) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const entries = this.get();
      if (entries.every(isSigned)) this.isBehind = false;
      this.relay?.send(`_${this.kind.name}`, entries);
    }, TELL_KERNEL_MS);
  }

  private grant(wish: Wish | null): void {
    if (typeof wish?.remove === "string") this.remove(wish.remove);
    else if (this.kind.is(wish?.put) && !this.map.has(wish.put.id)) this.put(wish.put);
  }
}

/** What a browser says, without what only the server may. */
function unsigned<T extends Dated>(entry: T): Omit<T, keyof Dated> {
  const kept = Object.entries(entry).filter(([name]) => !STAMPS.includes(name));
  return Object.fromEntries(kept) as Omit<T, keyof Dated>;
}

function plain(entry: YMap<unknown>, id: string): unknown {
  const { replies, ...members } = entry.toJSON() as Record<string, unknown>;
  const isMap = typeof replies === "object" && replies !== null && !Array.isArray(replies);
  const answers = Object.values(isMap ? replies : {}) as Reply[];
  answers.sort((a, b) => compare(moment(a), moment(b)) || compare(String(a?.id), String(b?.id)));
  return { ...members, id, replies: answers };
}

function isSigned(entry: Entry): boolean {
  return entry.author !== undefined && entry.replies.every(({ author }) => author !== undefined);
}

/** What is not signed yet is new, and comes last. */
function moment(entry: Dated | null): string {
  return entry?.created ?? "~";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
