/** The workers of a cluster: how much memory each holds, and what it does. */
import { element } from "../cube/element";
import { Bars, type BarValues, setText } from "./bar";
import { formatBytes } from "./format";
import type { ClusterWorker, Filled } from "./report";
import { TEXTS } from "./texts";

export const SHOWN_AT_FIRST = 6;
const NEARLY_FULL = 0.85;

export class Workers {
  readonly node: HTMLElement;
  private readonly bars = new Bars("meter", TEXTS.memory);
  private readonly empty = element("p", { class: "mk-soft" });
  private readonly sum = element("span", { class: "mk-soft" });
  private readonly more = element("button", { type: "button", class: "mk-quiet" });
  private isOpen = false;
  private workers: readonly ClusterWorker[] = [];

  constructor() {
    this.more.addEventListener("click", () => {
      this.isOpen = !this.isOpen;
      this.draw();
    });
    const head = element("div", { class: "mk-head" }, element("h4", {}, TEXTS.memory), this.sum);
    this.node = element(
      "section",
      { class: "mk-part", "aria-label": TEXTS.workers },
      head,
      this.bars.node,
      this.empty,
      this.more,
    );
  }

  show(report: Filled): void {
    this.workers = report.workers;
    const used = report.workers.reduce((sum, each) => sum + each.memory_bytes, 0);
    const limit = report.workers.reduce((sum, each) => sum + each.memory_limit_bytes, 0);
    const isAny = report.workers.length > 0;
    setText(this.sum, isAny && limit ? memoryText(used, limit) : "");
    setText(this.empty, report.adaptive ? TEXTS.noWorkersNow : TEXTS.noWorkers);
    this.empty.hidden = isAny;
    this.draw();
  }

  private draw(): void {
    const shown = this.isOpen ? this.workers : this.workers.slice(0, SHOWN_AT_FIRST);
    this.bars.show(shown.map(asBar));
    const hidden = this.workers.length - SHOWN_AT_FIRST;
    this.more.hidden = hidden <= 0;
    setText(this.more, this.isOpen ? TEXTS.fewer : TEXTS.more(hidden));
    this.more.setAttribute("aria-expanded", String(this.isOpen));
  }
}

function asBar(worker: ClusterWorker): BarValues {
  const { memory_bytes: used, memory_limit_bytes: limit } = worker;
  const isFull = limit > 0 && used > NEARLY_FULL * limit;
  const facts = TEXTS.workerFacts(worker.cpu_percent, worker.processing);
  return {
    name: TEXTS.worker(worker.name),
    value: used,
    max: limit,
    text: memoryText(used, limit),
    note: isFull ? `${TEXTS.memoryFull}, ${facts}` : facts,
    isFull,
  };
}

function memoryText(used: number, limit: number): string {
  return limit ? TEXTS.memoryOf(formatBytes(used), formatBytes(limit)) : formatBytes(used);
}
