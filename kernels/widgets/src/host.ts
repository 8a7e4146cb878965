/**
 * What every viewer is given from outside: the server it reads from and what it shares.
 *
 * A viewer never knows whether it lives in a notebook widget, in JupyterLab's own
 * renderer or on a test page: it asks a `ViewerHost` for bytes and tells a
 * `ViewLink` what was marked.
 */
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

/** All that a view shares. */
export interface ViewLink {
  /** The same list each time it is asked for. */
  list<T extends object>(kind: ListKind<T>): ListLink<T>;
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
  const body: { message?: unknown; hint?: unknown } = await response.json().catch(() => ({}));
  const message =
    typeof body.message === "string" ? body.message : `The server answered ${response.status}`;
  return new HostError(message, response.status, typeof body.hint === "string" ? body.hint : "");
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
