/** What the history panel shows: one document, its versions, and one of them compared. */
import { type ISignal, Signal } from "@lumino/signaling";
import { explain } from "../api";
import type { Loadable } from "../workspace";
import type { Comparison, History, HistoryApi } from "./versions";

const NOTHING_YET = { value: null, isLoading: false, error: null } as const;

/** Keeps what the server said last; answers that come too late for another document are dropped. */
export class HistoryModel {
  path: string | null = null;
  history: Loadable<History> = NOTHING_YET;
  selected: number | null = null;
  comparison: Loadable<Comparison> = NOTHING_YET;
  /** What was done last, for everybody to read or hear. */
  news = "";

  private readonly signal = new Signal<HistoryModel, void>(this);

  constructor(private readonly api: HistoryApi) {}

  get changed(): ISignal<HistoryModel, void> {
    return this.signal;
  }

  /** Shows another document. */
  async show(path: string | null): Promise<void> {
    if (path !== this.path) {
      this.path = path;
      this.history = NOTHING_YET;
      this.news = "";
      this.unselect();
    }
    await this.refresh();
  }

  /** Asks for the versions again. */
  async refresh(): Promise<void> {
    const path = this.path;
    if (path === null) {
      this.signal.emit();
      return;
    }
    const isStale = () => path !== this.path;
    const before = this.history.value;
    await load(
      before,
      () => this.api.list(path),
      (state) => this.assign(isStale, () => (this.history = state)),
    );
  }

  /** Opens a version, or closes it if it is open. */
  async select(number: number): Promise<void> {
    const path = this.path;
    if (path === null || number === this.selected) {
      this.unselect();
      return;
    }
    this.selected = number;
    const isStale = () => path !== this.path || number !== this.selected;
    await load(
      null,
      () => this.api.compare(path, number),
      (state) => this.assign(isStale, () => (this.comparison = state)),
    );
  }

  /** Brings a version back; `news` is what to say when it is done. */
  async restore(number: number, news: string): Promise<boolean> {
    const path = this.path;
    if (path === null) return false;
    try {
      await this.api.restore(path, number);
    } catch (error) {
      this.comparison = { ...this.comparison, error: explain(error) };
      this.signal.emit();
      return false;
    }
    this.news = news;
    this.unselect();
    await this.refresh();
    return true;
  }

  private unselect(): void {
    this.selected = null;
    this.comparison = NOTHING_YET;
    this.signal.emit();
  }

  private assign(isStale: () => boolean, set: () => void): void {
    if (isStale()) return;
    set();
    this.signal.emit();
  }
}

async function load<T>(
  before: T | null,
  ask: () => Promise<T>,
  assign: (state: Loadable<T>) => void,
): Promise<void> {
  assign({ value: before, isLoading: true, error: null });
  try {
    assign({ value: await ask(), isLoading: false, error: null });
  } catch (error) {
    assign({ value: before, isLoading: false, error: explain(error) });
  }
}
