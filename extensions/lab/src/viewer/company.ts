/**
 * Who looks at the same item in the same notebook now, through the document's awareness.
 *
 * Nothing of it is stored. The server puts the person who is signed in into what each browser
 * says (museion_lab/live/presences.py), so a name can't be somebody else's.
 */
import type { Companion, CompanyLink, Disposable } from "@museion/widgets";

const FIELD = "museion_views";

/** The part of an awareness that is used here. */
export interface Awareness {
  readonly clientID: number;
  getLocalState(): unknown;
  setLocalStateField(field: string, value: unknown): void;
  getStates(): ReadonlyMap<number, unknown>;
  on(event: "change", listener: () => void): void;
  off(event: "change", listener: () => void): void;
}

type Views = Readonly<Record<string, unknown>>;

export class SharedCompany implements CompanyLink, Disposable {
  private readonly listeners = new Set<(companions: readonly Companion[]) => void>();
  private readonly onChange = () => this.hear();
  private shown: string;

  /** @param item - What is viewed. */
  constructor(
    private readonly awareness: Awareness,
    private readonly item: string,
  ) {
    this.shown = JSON.stringify(this.get());
    awareness.on("change", this.onChange);
  }

  get client(): number {
    return this.awareness.clientID;
  }

  tell(told: object): void {
    this.say({ ...viewsOf(this.awareness.getLocalState()), [this.item]: told });
  }

  get(): readonly Companion[] {
    const found: Companion[] = [];
    this.awareness.getStates().forEach((state, client) => {
      const told = viewsOf(state)[this.item];
      if (client === this.client || told === undefined) return;
      const { display_name, color } = personOf(state);
      found.push({ client, name: String(display_name ?? ""), color: String(color ?? ""), told });
    });
    return found;
  }

  subscribe(listener: (companions: readonly Companion[]) => void): Disposable {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  dispose(): void {
    this.awareness.off("change", this.onChange);
    this.listeners.clear();
    const { [this.item]: _own, ...others } = viewsOf(this.awareness.getLocalState());
    this.say(others);
  }

  private say(views: Views): void {
    this.awareness.setLocalStateField(FIELD, views);
  }

  /** Cursors and open cells change too; only what belongs to this item is passed on. */
  private hear(): void {
    const companions = this.get();
    const now = JSON.stringify(companions);
    if (now === this.shown) return;
    this.shown = now;
    for (const listener of this.listeners) listener(companions);
  }
}

function viewsOf(state: unknown): Views {
  return membersOf(membersOf(state)[FIELD]);
}

function personOf(state: unknown): Views {
  return membersOf(membersOf(state).user);
}

function membersOf(value: unknown): Views {
  return typeof value === "object" && value !== null ? (value as Views) : {};
}
