/** The list beside the editor: every annotation that fits the chosen status and tag. */
import { element } from "../../cube/element";
import { authorText } from "./credit";
import type { Marked } from "./markers";
import type { Annotation, Status } from "./model";
import { TEXTS } from "./texts";

const MOST_ROWS = 300;
const STATUSES: readonly Status[] = ["open", "resolved"];

export class AnnotationList {
  readonly node: HTMLElement;
  private readonly rows = element("ol", { class: "ma-rows" });
  private readonly count = element("span", { class: "ma-count" });
  private readonly note = element("p", { class: "ma-none" });
  private readonly status = element("select");
  private readonly tag = element("select");

  /** @param filter - The choice changed. */
  constructor(
    private readonly select: (id: string) => void,
    filter: () => void,
  ) {
    const choices = STATUSES.map((each) =>
      element("option", { value: each }, TEXTS.statuses[each]),
    );
    this.status.append(element("option", { value: "" }, TEXTS.allStatuses), ...choices);
    for (const choice of [this.status, this.tag]) choice.addEventListener("change", filter);
    this.node = element(
      "div",
      { class: "ma-list" },
      element(
        "div",
        { class: "ma-filter" },
        element("h4", { class: "ma-wide" }, TEXTS.list, " ", this.count),
        labelled(TEXTS.status, this.status),
        labelled(TEXTS.tag, this.tag),
      ),
      this.rows,
      this.note,
    );
  }

  /** Whether an annotation is among those that are wanted. */
  isWanted({ status, tags }: Annotation): boolean {
    const fits = this.status.value === "" || this.status.value === status;
    return fits && (this.tag.value === "" || tags.includes(this.tag.value));
  }

  show(all: readonly Annotation[], wanted: readonly Marked[], selected: string | null): void {
    this.offerTags(all);
    const shown = wanted.slice(0, MOST_ROWS);
    this.count.textContent = TEXTS.count(wanted.length, all.length);
    const focused = this.rows.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset.id
      : undefined;
    this.rows.replaceChildren(...shown.map((each) => this.row(each, selected)));
    if (focused) this.focus(focused);
    const left = wanted.length - shown.length;
    const nothing = all.length === 0 ? TEXTS.nobody : TEXTS.nothing;
    this.note.textContent = wanted.length === 0 ? nothing : left > 0 ? TEXTS.more(left) : "";
  }

  focus(id: string): void {
    this.rows.querySelector<HTMLElement>(`button[data-id="${CSS.escape(id)}"]`)?.focus();
  }

  private row({ annotation, number }: Marked, selected: string | null): HTMLElement {
    const { id, body, shape, status, tags, replies, moved_m } = annotation;
    const text = body.trim().split("\n", 1)[0] ?? "";
    const facts = [authorText(annotation)];
    if (replies.length > 0) facts.push(TEXTS.replies(replies.length));
    const name = TEXTS.item(number, TEXTS.kinds[shape], TEXTS.statuses[status]);
    const made = element(
      "button",
      {
        type: "button",
        class: "ma-row",
        "data-id": id,
        "aria-current": id === selected ? "true" : undefined,
      },
      element("span", { class: `ma-number is-${status}`, "aria-hidden": "true" }, String(number)),
      element("span", { class: "ma-hidden" }, `${name}: `),
      element("span", { class: text ? "ma-text" : "ma-text is-empty" }, text || TEXTS.noText),
      element("span", { class: "ma-credit" }, facts.join(" · ")),
      element("span", { class: "ma-tags" }, ...tags.map((tag) => element("span", {}, tag))),
    );
    made.classList.toggle("is-moved", moved_m !== null);
    made.addEventListener("click", () => this.select(id));
    return element("li", {}, made);
  }

  private offerTags(all: readonly Annotation[]): void {
    const tags = [...new Set(all.flatMap((each) => each.tags))].sort((a, b) => a.localeCompare(b));
    const before = this.tag.value;
    const options = tags.map((tag) => element("option", { value: tag }, tag));
    this.tag.replaceChildren(element("option", { value: "" }, TEXTS.allTags), ...options);
    this.tag.value = tags.includes(before) ? before : "";
  }
}

function labelled(name: string, control: HTMLElement): HTMLElement {
  return element("label", {}, element("span", {}, name), control);
}
