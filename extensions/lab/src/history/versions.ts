/** The earlier versions of a document, as the workspace server tells them. */
import type { ServerApi } from "../api";

/** Someone who edited, as signed in. */
export interface Author {
  readonly username: string;
  readonly display_name: string;
}

/** Why a version was kept. */
export type Reason = "opened" | "timer" | "saved" | "closed" | "restored" | "replaced";

/** A version without its content. */
export interface Version {
  readonly number: number;
  readonly path: string;
  /** Seconds since 1970. */
  readonly taken: number;
  readonly reason: Reason;
  /** Who edited since the version before it. */
  readonly authors: readonly Author[];
  readonly size_bytes: number;
}

/** All versions of one document, youngest first. */
export interface History {
  readonly versions: readonly Version[];
  readonly may_restore: boolean;
  /** What can't be kept at present, and whether the disk is full. */
  readonly troubles: Readonly<Record<string, boolean>>;
}

/** A sign (`+` comes, `-` goes, ` ` stays, `…` left out) and the text of a line. */
export type Line = readonly [string, string];

/** A cell, or the whole text, that would change. */
export interface Change {
  readonly change: "back" | "gone" | "changed" | "outputs";
  readonly kind: string;
  readonly number: number;
  readonly lines: readonly Line[];
}

/** All that would change if a version came back. */
export interface Comparison {
  readonly changes: readonly Change[];
  readonly back: number;
  readonly gone: number;
  readonly is_cut: boolean;
}

/** What the panel asks of the server. */
export interface HistoryApi {
  list(path: string): Promise<History>;
  compare(path: string, version: number): Promise<Comparison>;
  restore(path: string, version: number): Promise<void>;
}

/** Asks over HTTP. */
export class ServerHistory implements HistoryApi {
  constructor(private readonly server: ServerApi) {}

  list(path: string): Promise<History> {
    return this.server.request<History>(`history?${query(path)}`);
  }

  compare(path: string, version: number): Promise<Comparison> {
    return this.server.request<Comparison>(`history/${version}?${query(path)}`);
  }

  async restore(path: string, version: number): Promise<void> {
    const address = `history/${version}/restore?${query(path)}`;
    await this.server.request(address, { method: "POST" });
  }
}

function query(path: string): string {
  return new URLSearchParams({ path }).toString();
}
