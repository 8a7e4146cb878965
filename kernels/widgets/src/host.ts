/**
 * What every viewer is given from outside: the server it reads from and what it shares.
 *
 * A viewer never knows whether it lives in a notebook widget, in JupyterLab's own
 * renderer or on a test page: it asks a `ViewerHost` for bytes and tells a
 * `ViewLink` what was marked.
 */
import type { KernelAnswer } from "./asking";
import type { ViewSpec } from "./generated/view";

export type { ViewSpec };

/** Something that holds listeners, timers or memory until told to let go. */
export interface Disposable {
  dispose(): void;
}

/** A member, as the server that signed them in names them. */
export interface Author {
  readonly username: string;
  readonly name: string;
}

/** Whose something shared is. The server writes this, never a browser. */
export interface Signed {
  readonly author?: Author;
  /** Who else changed it last. */
  readonly edited_by?: Author;
}

/** A picked place: pixel column and row, radius in pixels, and the label on its marker. */
export interface Pick extends Signed {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly label: string;
}

/** A list shared with others: the kernel's widget, or the other people in the document. */
export interface ListLink<T> {
  get(): readonly T[];
  set(items: readonly T[]): void;
  subscribe(listener: (items: readonly T[]) => void): Disposable;
}

export type PickLink = ListLink<Pick>;

/** What kind of items a shared list has. */
export interface ListKind<T> {
  /** Name of the widget's trait that holds them. */
  readonly trait: string;
  /** Lists come from outside: what is none of these is left out. */
  is(value: unknown): value is T;
  /** The same for one item however it is changed; different for two. */
  keyOf(item: T): string;
}

/** In a text, from `at` on `removed` characters (UTF-16 units) go and `inserted` comes. */
export interface TextChange {
  readonly at: number;
  readonly removed: number;
  readonly inserted: string;
}

/** When something shared was made and changed last, RFC 3339. The server writes this. */
export interface Dated extends Signed {
  readonly created?: string;
  readonly modified?: string;
}

/** An answer to an entry. */
export interface Reply extends Dated {
  readonly id: string;
  readonly body: string;
}

/** Something with a text that several people may change at the same moment. */
export interface Entry extends Dated {
  readonly id: string;
  readonly body: string;
  readonly replies: readonly Reply[];
}

/** What the server, or the entry's link, keeps of itself. */
export type EntryMembers<T extends Entry> = Omit<T, "id" | "body" | "replies" | keyof Dated>;

/** Entries shared with others. Changes of different members, and within the text, are all kept. */
export interface EntryLink<T extends Entry> {
  /** The eldest first. */
  get(): readonly T[];
  put(entry: T): void;
  change(id: string, members: Partial<EntryMembers<T>>): void;
  write(id: string, change: TextChange): void;
  reply(id: string, reply: Reply): void;
  removeReply(id: string, reply: string): void;
  remove(id: string): void;
  subscribe(listener: (entries: readonly T[]) => void): Disposable;
}

/** What kind of entries a link has. */
export interface EntryKind<T extends Entry> {
  /** What they are called, as in `annotations`; the widget's trait is `_annotations`. */
  readonly name: string;
  /** Entries come from outside: what is none of these is left out. */
  is(value: unknown): value is T;
}

/** All that a view shares. */
/** Somebody else's window in which the same item is looked at now. */
export interface Companion {
  /** Which of all windows it is. */
  readonly client: number;
  /** As the server that signed them in names them. */
  readonly name: string;
  /** CSS colour in which they appear everywhere. */
  readonly color: string;
  /** What they told; anything, since it comes from another browser. */
  readonly told: unknown;
}

/** Who looks at the same item now, and how. It is told to the others and stored nowhere. */
export interface CompanyLink {
  /** Number of this window, by which others name it. */
  readonly client: number;
  tell(told: object): void;
  get(): readonly Companion[];
  subscribe(listener: (companions: readonly Companion[]) => void): Disposable;
}

export interface ViewLink {
  /** The same list each time it is asked for. */
  list<T extends object>(kind: ListKind<T>): ListLink<T>;
  /** The same entries each time; all views of an item share them. Missing: only a list is kept. */
  entries?<T extends Entry>(kind: EntryKind<T>): EntryLink<T>;
  /** Missing: nobody else can be here. */
  readonly company?: CompanyLink | undefined;
  /** Asks the view's widget in the kernel; rejects if nobody answers. Missing: no kernel. */
  ask?(question: object): Promise<KernelAnswer>;
}

/** The workspace's server. Paths are relative to `<baseUrl>museion/`. */
export interface ViewerHost {
  readonly baseUrl: string;
  fetchJson<T>(path: string): Promise<T>;
  fetchBytes(path: string): Promise<ArrayBuffer>;
}

/** An answer of the server that is not what was asked for. */
export class HostError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly hint: string,
    /** Our server's word for what went wrong; empty if somebody else answered. */
    readonly kind = "",
  ) {
    super(message);
    this.name = "HostError";
  }
}

/** Reads over HTTP with the browser's own session cookie. */
export class HttpHost implements ViewerHost {
  constructor(readonly baseUrl: string) {}

  async fetchJson<T>(path: string): Promise<T> {
    return (await (await this.fetch(path)).json()) as T;
  }

  async fetchBytes(path: string): Promise<ArrayBuffer> {
    return (await this.fetch(path)).arrayBuffer();
  }

  /** Wishes something; the answer may be empty. */
  async postJson<T = unknown>(path: string, body: unknown): Promise<T> {
    const response = await this.fetch(path, { method: "POST", body: JSON.stringify(body) });
    return (await response.json().catch(() => ({}))) as T;
  }

  private async fetch(path: string, request: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${this.baseUrl}museion/${path}`, {
      ...request,
      credentials: "same-origin",
      headers: xsrfHeader(document.cookie),
    });
    if (!response.ok) {
      throw await hostError(response);
    }
    return response;
  }
}

/** What JupyterHub asks of every scripted request that brings a session cookie, reads too. */
export function xsrfHeader(cookies: string): Record<string, string> {
  const token = /(?:^|;\s*)_xsrf=([^;]*)/.exec(cookies)?.[1];
  return token ? { "X-XSRFToken": token } : {};
}

async function hostError(response: Response): Promise<HostError> {
  const body: Record<string, unknown> = await response.json().catch(() => ({}));
  const text = (name: string): string => (typeof body[name] === "string" ? body[name] : "");
  const message = text("message") || `The server answered ${response.status}`;
  return new HostError(message, response.status, text("hint"), text("kind"));
}

/**
 * The server's base URL, as the page that carries the notebook states it:
 * JupyterLab and nbclassic each have their own place for it.
 */
export function findBaseUrl(page: Document = document): string {
  const config = page.getElementById("jupyter-config-data")?.textContent;
  if (config) {
    const baseUrl: unknown = (JSON.parse(config) as { baseUrl?: unknown }).baseUrl;
    if (typeof baseUrl === "string") return withSlash(baseUrl);
  }
  return withSlash(page.body.dataset.baseUrl ?? "/");
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
