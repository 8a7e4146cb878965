/** Annotations where no document is shared: kept in the kernel's widget, or in the page only. */
import type {
  Disposable,
  EntryKind,
  EntryLink,
  EntryMembers,
  ListLink,
  Reply,
  TextChange,
  ViewLink,
} from "../../host";
import { ANNOTATIONS, type Annotation } from "./model";
import { applyChange } from "./text_change";

/** The annotations that a view shares, however it does that. */
export function annotationsOf(link: ViewLink | undefined): EntryLink<Annotation> {
  return link?.entries?.(ANNOTATIONS) ?? new LocalEntries(listOf(link, ANNOTATIONS));
}

/** Entries as a list that is set as a whole: for one person at a time. */
export class LocalEntries implements EntryLink<Annotation> {
  private readonly listeners = new Set<(entries: readonly Annotation[]) => void>();
  private entries: readonly Annotation[];

  constructor(private readonly list: ListLink<Annotation> | null) {
    this.entries = list?.get() ?? [];
    list?.subscribe((entries) => this.show(entries));
  }

  get(): readonly Annotation[] {
    return this.entries;
  }

  put(entry: Annotation): void {
    const dated = { ...entry, created: entry.created ?? new Date().toISOString() };
    this.set([...this.entries.filter(({ id }) => id !== entry.id), dated]);
  }

  change(id: string, members: Partial<EntryMembers<Annotation>>): void {
    this.replace(id, (entry) => ({ ...entry, ...members }));
  }

  write(id: string, change: TextChange): void {
    this.replace(id, (entry) => ({ ...entry, body: applyChange(entry.body, change) }));
  }

  reply(id: string, reply: Reply): void {
    const dated = { ...reply, created: new Date().toISOString() };
    this.replace(id, (entry) => ({ ...entry, replies: [...entry.replies, dated] }));
  }

  removeReply(id: string, reply: string): void {
    const isOther = (each: Reply) => each.id !== reply;
    this.replace(id, (entry) => ({ ...entry, replies: entry.replies.filter(isOther) }));
  }

  remove(id: string): void {
    this.set(this.entries.filter((entry) => entry.id !== id));
  }

  subscribe(listener: (entries: readonly Annotation[]) => void): Disposable {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  private replace(id: string, make: (entry: Annotation) => Annotation): void {
    this.set(this.entries.map((entry) => (entry.id === id ? make(entry) : entry)));
  }

  private set(entries: readonly Annotation[]): void {
    this.show(entries);
    this.list?.set(entries);
  }

  private show(entries: readonly Annotation[]): void {
    this.entries = entries;
    for (const listener of this.listeners) listener(entries);
  }
}

function listOf(
  link: ViewLink | undefined,
  { name, is }: EntryKind<Annotation>,
): ListLink<Annotation> | null {
  return link?.list({ trait: `_${name}`, is, keyOf: ({ id }) => id }) ?? null;
}
