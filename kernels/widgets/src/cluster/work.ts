/** What a cluster computes: how far each kind of task is, and how many there are of each state. */
import { element } from "../cube/element";
import { Bars, setText } from "./bar";
import { formatPercent } from "./format";
import { type Filled, overallProgress } from "./report";
import { TEXTS } from "./texts";

const MOST_KINDS = 6;
const STATES = ["processing", "waiting", "memory", "erred"] as const;

export class Work {
  readonly node: HTMLElement;
  private readonly bars = new Bars("progressbar", TEXTS.progress);
  private readonly overall = element("span", { class: "mk-soft" });
  private readonly counts = element("p", { class: "mk-counts" });

  constructor() {
    const head = element("div", { class: "mk-head" }, element("h4", {}, TEXTS.tasks), this.overall);
    this.node = element(
      "section",
      { class: "mk-part", "aria-label": TEXTS.tasks },
      head,
      this.bars.node,
      this.counts,
    );
  }

  show(report: Filled): void {
    const part = overallProgress(report);
    setText(this.overall, part === null ? "" : formatPercent(part));
    const kinds = [...report.progress].sort((a, b) => b.total - a.total).slice(0, MOST_KINDS);
    this.bars.show(
      kinds.map(({ name, done, total }) => ({
        name,
        value: done,
        max: total,
        text: TEXTS.progressOf(done, total),
      })),
    );
    const counts = STATES.filter((state) => state !== "erred" || report.tasks.erred > 0).map(
      (state) => `${report.tasks[state]} ${TEXTS.taskStates[state]}`,
    );
    setText(this.counts, counts.join(" · "));
    this.counts.classList.toggle("mk-bad", report.tasks.erred > 0);
  }
}
