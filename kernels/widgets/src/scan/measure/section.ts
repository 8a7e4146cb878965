/** The list of measurements under the picture: names, values, whose they are, and what to do. */
import { element } from "../../cube/element";
import type { Signed } from "../../host";
import { makeButton, makeTextButton } from "../controls";
import { isFull, type Measured, mainValue, valuesOf } from "./list";
import { TEXTS } from "./texts";

const COPY = "M9 9h10v10H9zM15 9V5H5v10h4";
const REMOVE = "M6 7h12M10 7V5h4v2M8 7l1 12h6l1-12";
const SCALES = ["1:1", "1:2", "1:5", "1:10", "1:20", "1:50", "2:1", "5:1"] as const;
const FORMS = ["svg", "dxf", "csv"] as const;
export type Form = (typeof FORMS)[number];

export interface SectionEvents {
  rename(id: string, label: string): void;
  remove(measured: Measured): void;
  copy(measured: Measured): void;
  exportAll(): void;
  /** Shows the scan cut open at a section, or whole again. */
  cut(measured: Measured, isOn: boolean): void;
  drawing(measured: Measured, form: Form, scale: string): void;
  /** The pointer or the keyboard is on a row; null when it left. */
  choose(id: string | null): void;
}

export class MeasureSection {
  readonly node: HTMLElement;
  private readonly count = element("span", { class: "mm-count" });
  private readonly rows = element("ol", { class: "mm-list" });
  private readonly exports: HTMLButtonElement;
  private readonly scales = new Map<string, string>();
  private opened: string | null = null;
  private shown = "";

  constructor(private readonly events: SectionEvents) {
    this.exports = makeTextButton(TEXTS.exportAll, () => events.exportAll());
    this.node = element(
      "section",
      { class: "mm-section", "aria-label": TEXTS.list, hidden: true },
      element("header", {}, element("h4", {}, TEXTS.list, " ", this.count), this.exports),
      this.rows,
    );
  }

  /** Shows these; a name that is being written stays as it is. */
  update(all: readonly Measured[], hasKernel: boolean, opened: string | null): void {
    this.opened = opened;
    const state = JSON.stringify([all.map(({ preview: _, ...rest }) => rest), hasKernel, opened]);
    const previews = JSON.stringify(all.map(({ preview }) => preview.values));
    if (state + previews === this.shown) return;
    this.shown = state + previews;
    this.node.hidden = all.length === 0;
    this.count.textContent = String(all.length);
    const focus = focusIn(this.rows);
    this.rows.replaceChildren(...all.map((each) => this.makeRow(each, hasKernel)));
    focus?.();
  }

  private makeRow(measured: Measured, hasKernel: boolean): HTMLElement {
    const { mark, number, color, answer } = measured;
    const name = element("input", {
      value: mark.label,
      "aria-label": TEXTS.nameOf(String(number)),
      "data-key": `${mark.id} name`,
    });
    name.addEventListener("change", () => this.events.rename(mark.id, name.value.trim()));
    name.addEventListener("keydown", (event) => event.stopPropagation());
    const row = element(
      "li",
      { class: "mm-row" },
      element("span", { class: "mm-number", style: `background: ${color}` }, String(number)),
      name,
      this.makeValues(measured),
      element(
        "span",
        { class: "mm-origin" },
        makeLevel(measured),
        element("span", { class: "mm-author" }, creditOf(mark)),
      ),
      this.makeActions(measured),
    );
    if (answer?.trouble) row.append(element("p", { class: "mm-trouble" }, answer.trouble));
    if (mark.kind === "section") row.append(this.makeDrawings(measured, hasKernel));
    for (const [type, id] of [
      ["pointerenter", mark.id],
      ["focusin", mark.id],
      ["pointerleave", null],
      ["focusout", null],
    ] as const) {
      row.addEventListener(type, () => this.events.choose(id));
    }
    return row;
  }

  private makeValues(measured: Measured): HTMLElement {
    const values = valuesOf(measured);
    const list = element("dl", { class: "mm-values" });
    const main = mainValue(measured);
    for (const value of values) {
      const row = element("div", {}, element("dt", {}, value.name), element("dd", {}, value.text));
      row.classList.toggle("mm-main", value === main);
      list.append(row);
    }
    return list;
  }

  private makeActions(measured: Measured): HTMLElement {
    const { id, label } = measured.mark;
    const copy = makeButton(COPY, TEXTS.copy(label), () => this.events.copy(measured));
    const remove = makeButton(REMOVE, TEXTS.remove(label), () => this.events.remove(measured));
    copy.dataset.key = `${id} copy`;
    remove.dataset.key = `${id} remove`;
    return element("span", { class: "mm-actions" }, copy, remove);
  }

  private makeDrawings(measured: Measured, hasKernel: boolean): HTMLElement {
    const { id, label } = measured.mark;
    const isReady = hasKernel && isFull(measured);
    const scale = element(
      "select",
      { "aria-label": TEXTS.scale(label), disabled: !isReady },
      ...SCALES.map((each) => element("option", { value: each }, each)),
    );
    scale.value = this.scales.get(id) ?? SCALES[0];
    scale.addEventListener("change", () => this.scales.set(id, scale.value));
    const buttons = FORMS.map((form) => {
      const button = makeTextButton(form.toUpperCase(), () =>
        this.events.drawing(measured, form, scale.value),
      );
      button.setAttribute("aria-label", TEXTS.drawing(form, label));
      button.disabled = !isReady;
      if (!isReady) button.title = TEXTS.needsKernel;
      return button;
    });
    const cut = makeTextButton(TEXTS.cut, () => this.events.cut(measured, this.opened !== id));
    cut.setAttribute("aria-label", TEXTS.cutAt(label));
    cut.setAttribute("aria-pressed", String(this.opened === id));
    cut.dataset.key = `${id} cut`;
    return element("div", { class: "mm-drawings" }, cut, scale, ...buttons);
  }
}

function makeLevel(measured: Measured): HTMLElement {
  const { answer } = measured;
  if (isFull(measured)) {
    const how = answer?.notes.map((row) => row.join(": ")).join("\n") ?? "";
    const title = `${TEXTS.fullTitle}\n${how}`;
    return element("span", { class: "mm-level mm-full", title }, TEXTS.full);
  }
  const title = answer?.trouble || TEXTS.previewTitle;
  return element("span", { class: "mm-level mm-preview", title }, TEXTS.preview);
}

function creditOf({ author, edited_by }: Signed): string {
  const changed = edited_by ? TEXTS.changedBy(edited_by.name) : "";
  return author ? TEXTS.by(author.name) + changed : "";
}

/** How to give the focus back to the same control after the rows are made anew. */
function focusIn(rows: HTMLElement): (() => void) | null {
  const active = rows.ownerDocument.activeElement;
  if (!(active instanceof HTMLElement) || !rows.contains(active)) return null;
  const key = active.dataset.key;
  const text = active instanceof HTMLInputElement ? active.value : null;
  return () => {
    const found = [...rows.querySelectorAll<HTMLElement>("[data-key]")];
    const same = found.find((each) => each.dataset.key === key);
    same?.focus({ preventScroll: true });
    if (same instanceof HTMLInputElement && text !== null) same.value = text;
  };
}
