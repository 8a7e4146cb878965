/**
 * One cluster: its state, what it computes, its workers' memory, its size, stopping it.
 *
 * Built once and then changed in place, so that focus and what is being typed stay. Only a change
 * of state is announced; numbers that move every two seconds are there to be looked up.
 */
import { element } from "../cube/element";
import type { Disposable } from "../host";
import { setText } from "./bar";
import { formatMoment, formatPercent } from "./format";
import { type Filled, overallProgress } from "./report";
import { Size } from "./size";
import { Stop } from "./stop";
import { TEXTS } from "./texts";
import { type ClusterWatch, explainTrouble, type Known, type Wish } from "./watch";
import { Work } from "./work";
import { Workers } from "./workers";

const LIVELY = new Set<Filled["state"]>(["starting", "running"]);

export class ClusterCard implements Disposable {
  readonly node = element("section", { class: "museion-view museion-cluster" });
  private readonly state = element("span", { class: "mk-state" });
  private readonly title = element("h3");
  private readonly facts = element("p", { class: "mk-soft mk-facts" });
  private readonly dashboard = element(
    "a",
    {
      class: "mk-button",
      target: "_blank",
      rel: "noopener",
      title: TEXTS.dashboardTitle,
      hidden: true,
    },
    TEXTS.dashboard,
  );
  private readonly notice = element("div", { class: "mk-notice", hidden: true });
  private readonly live = element("p", { class: "mk-live", role: "status" });
  private readonly work = new Work();
  private readonly workers = new Workers();
  private readonly lookOnly = element("p", { class: "mk-soft mk-part" }, TEXTS.lookOnly);
  private readonly size = new Size((wish) => this.act(wish));
  private readonly stop = new Stop(() => this.act({ kind: "close" }));
  private readonly following: Disposable;
  private refusal: { message: string; hint: string } | null = null;

  /**
   * @param saved What was known when the card was made; shown until the server has answered, and
   * again when the cluster has ended.
   */
  constructor(
    private readonly watch: ClusterWatch,
    private readonly saved: Filled,
  ) {
    this.dashboard.href = watch.dashboardUrl(saved.id);
    this.node.replaceChildren(
      element(
        "header",
        {},
        element("div", { class: "mk-title" }, this.title, this.state),
        element("div", { class: "mk-buttons" }, this.dashboard, this.stop.button),
        this.facts,
      ),
      this.stop.question,
      this.notice,
      this.work.node,
      this.workers.node,
      this.size.node,
      this.lookOnly,
      this.live,
    );
    this.following = watch.subscribe((known) => this.update(known));
  }

  dispose(): void {
    this.following.dispose();
    this.node.remove();
  }

  private update({ clusters, trouble }: Known): void {
    const found = clusters?.clusters.find((each) => each.id === this.saved.id);
    const isGone = clusters !== null && !found;
    const report = found ?? (isGone ? ended(this.saved) : this.saved);
    const isKnown = found !== undefined;
    const mayAct = isKnown && clusters?.mayAct === true;
    const isLively = isKnown && LIVELY.has(report.state);
    this.node.dataset.state = isKnown || isGone ? report.state : "unknown";
    this.node.setAttribute("aria-label", TEXTS.cluster(report.label));
    setText(this.title, report.label);
    this.showState(report, isKnown || isGone);
    setText(this.facts, factsOf(report, isKnown));
    this.work.show(report);
    this.workers.show(report);
    this.work.node.hidden = this.workers.node.hidden = isGone || report.state === "failed";
    this.dashboard.hidden = !isLively || !report.dashboard;
    this.stop.button.hidden = !mayAct || report.state === "stopped";
    this.stop.show(report.state === "failed");
    if (this.stop.button.hidden) this.stop.question.hidden = true;
    this.size.node.hidden = !mayAct || !isLively;
    if (!this.size.node.hidden) this.size.show(report);
    this.lookOnly.hidden = !isKnown || mayAct;
    const gone = isGone ? { message: TEXTS.ended, hint: TEXTS.endedHint } : null;
    this.showNotice(this.refusal ?? report.error ?? trouble ?? gone);
  }

  private showState(report: Filled, isSure: boolean): void {
    const part = report.state === "running" ? overallProgress(report) : null;
    const word = part === null ? TEXTS.states[report.state] : TEXTS.computing;
    const shown = isSure ? word : TEXTS.waiting;
    setText(this.state, part === null || !isSure ? shown : `${shown} · ${formatPercent(part)}`);
    setText(this.live, isSure ? `${TEXTS.cluster(report.label)}: ${word}` : "");
  }

  private showNotice(said: { message: string; hint: string } | null): void {
    const text = said ? `${said.message}\n${said.hint}` : "";
    if (this.notice.dataset.text === text) return;
    this.notice.dataset.text = text;
    this.notice.hidden = said === null;
    this.notice.setAttribute("role", this.refusal ? "alert" : "note");
    if (!said) return;
    this.notice.replaceChildren(
      element("p", {}, said.message),
      element("p", { class: "mk-soft" }, said.hint),
    );
  }

  /** Does what is wished, or says why it was refused; tells whether it was done. */
  private async act(wish: Wish): Promise<boolean> {
    this.refusal = null;
    try {
      await this.watch.act(this.saved.id, wish);
      if (wish.kind !== "close") setText(this.live, TEXTS.applied);
    } catch (error) {
      this.refusal = explainTrouble(error);
    }
    this.update(this.watch.now);
    return this.refusal === null;
  }
}

function ended(report: Filled): Filled {
  return { ...report, state: "stopped", workers: [], progress: [], error: null };
}

function factsOf(report: Filled, isKnown: boolean): string {
  const here = report.workers.length;
  const isComing = report.wanted > here && report.state !== "stopped" && !report.adaptive;
  const count = isComing ? TEXTS.workersComing(here, report.wanted) : TEXTS.workerCount(here);
  const since = report.started ? formatMoment(report.started) : "";
  return [
    isKnown && report.state !== "failed" ? count : "",
    report.place ? TEXTS.place(report.place) : "",
    since && isKnown ? TEXTS.since(since) : "",
  ]
    .filter(Boolean)
    .join(" · ");
}
