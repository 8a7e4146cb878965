/**
 * The line that an open page holds to its workspace, to learn at once when access ends.
 *
 * Nothing is said on it. If the workspace closes it with `ACCESS_ENDED`, that is final. If it
 * breaks for any other reason, a sleeping laptop or a restart, the page asks the workspace what
 * it is to it, and tries again for as long as the answer is not final.
 */
import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";
import type { IDisposable } from "@lumino/disposable";
import { type ISignal, Signal } from "@lumino/signaling";

export const ACCESS_ENDED = 4403;
export const RIGHTS_CHANGED = 4409;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** Why the page can't go on: its visitor is out, or is no longer signed in. */
export type Ending = "out" | "signed-out";

/** What a close code, or the status of an ordinary request after it, means. */
export function endingOf(closeCode: number, status: number | null): Ending | null {
  if (closeCode === ACCESS_ENDED || status === 404) return "out";
  return status === 403 ? "signed-out" : null;
}

export class VisitLine implements IDisposable {
  private readonly _ended = new Signal<this, Ending>(this);
  private socket: WebSocket | null = null;
  private timer = 0;
  private waitMs = FIRST_WAIT_MS;
  private disposed = false;

  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** Emitted once, when access is over. */
  get ended(): ISignal<this, Ending> {
    return this._ended;
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  open(): void {
    if (this.disposed) return;
    const socket = new this.settings.WebSocket(this.address());
    this.socket = socket;
    socket.onopen = () => {
      this.waitMs = FIRST_WAIT_MS;
    };
    socket.onclose = (event) => void this.onClose(event.code);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    window.clearTimeout(this.timer);
    this.socket?.close();
    Signal.clearData(this);
  }

  private async onClose(code: number): Promise<void> {
    if (this.disposed) return;
    const isFinal = code === ACCESS_ENDED || code === RIGHTS_CHANGED;
    const ending = endingOf(code, isFinal ? null : await this.status());
    if (this.disposed) return;
    if (ending) {
      this._ended.emit(ending);
      this.dispose();
      return;
    }
    this.timer = window.setTimeout(() => this.open(), this.waitMs);
    this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
  }

  /** The status with which the workspace answers this visitor; null if it does not. */
  private async status(): Promise<number | null> {
    const url = URLExt.join(this.settings.baseUrl, "museion/members");
    try {
      return (await ServerConnection.makeRequest(url, {}, this.settings)).status;
    } catch {
      return null;
    }
  }

  private address(): string {
    const { wsUrl, token, appendToken } = this.settings;
    const credential = appendToken && token ? `?token=${encodeURIComponent(token)}` : "";
    return URLExt.join(wsUrl, "museion/visit") + credential;
  }
}
