/** One annotation: its note, which several people may write at once, and what is said about it. */
import { element } from "../../cube/element";
import type { EntryLink, Reply } from "../../host";
import { formatLength } from "../scalebar";
import type { ScanScene } from "../scene";
import { creditText } from "./credit";
import { askingButton, button, SharedField } from "./fields";
import type { Marked } from "./markers";
import { type Annotation, MAX_BODY, MAX_REPLIES, readTags } from "./model";
import { TEXTS } from "./texts";

const ANSWERS = { yes: TEXTS.removeYes, no: TEXTS.removeNo } as const;

export class AnnotationEditor {
  readonly node: HTMLElement;
  readonly id: string;
  private readonly heading = element("h4");
  private readonly credit = element("p", { class: "ma-credit" });
  private readonly moved = element("p", { class: "ma-moved", role: "status" });
  private readonly note: SharedField;
  private readonly tags = element("input", { type: "text" });
  private readonly replies = element("ol", { class: "ma-replies" });
  private readonly answer = element("textarea", { rows: 2, maxlength: MAX_BODY });
  private readonly status: HTMLButtonElement;
  private shownReplies = "";

  constructor(
    marked: Marked,
    private readonly entries: EntryLink<Annotation>,
    private readonly scene: ScanScene,
    private readonly close: () => void,
  ) {
    this.id = marked.annotation.id;
    const area = element("textarea", {
      rows: 4,
      maxlength: MAX_BODY,
      placeholder: TEXTS.notePlaceholder,
    });
    this.note = new SharedField(
      area,
      marked.annotation.body,
      (change) => this.entries.write(this.id, change),
      () => this.present?.body ?? "",
    );
    this.status = button("", () => this.toggleStatus());
    this.tags.addEventListener("change", () => {
      this.entries.change(this.id, { tags: readTags(this.tags.value) });
    });
    this.node = this.build(area);
    this.show(marked);
  }

  /** Shows what holds now, also while somebody writes here. */
  show({ annotation, number }: Marked): void {
    this.heading.textContent = TEXTS.editor(number);
    this.node.setAttribute("aria-label", TEXTS.editor(number));
    this.credit.textContent = creditText(annotation);
    this.note.show(annotation.body);
    this.status.textContent = annotation.status === "open" ? TEXTS.resolve : TEXTS.reopen;
    if (this.tags !== document.activeElement) this.tags.value = annotation.tags.join(", ");
    this.showMoved(annotation.moved_m);
    this.showReplies(annotation.replies);
  }

  focus(): void {
    this.note.node.focus();
  }

  private get present(): Annotation | undefined {
    return this.entries.get().find(({ id }) => id === this.id);
  }

  private build(area: HTMLTextAreaElement): HTMLElement {
    const shut = button("×", this.close, { class: "ma-close", "aria-label": TEXTS.close });
    const remove = askingButton(TEXTS.remove, TEXTS.removeSure, ANSWERS, () => {
      this.entries.remove(this.id);
      this.scene.say(TEXTS.removed);
    });
    const node = element(
      "div",
      { class: "ma-editor", role: "group" },
      element("div", { class: "ma-title" }, this.heading, shut),
      this.credit,
      this.moved,
      element("label", {}, element("span", { class: "ma-label" }, TEXTS.note), area),
      element("label", {}, element("span", { class: "ma-label" }, TEXTS.tags), this.tags),
      element(
        "div",
        { class: "ma-actions" },
        this.status,
        button(TEXTS.goTo, () => this.goTo()),
        button(TEXTS.saveView, () => this.saveView()),
        remove,
      ),
      this.replies,
      element("label", {}, element("span", { class: "ma-label" }, TEXTS.replyTo), this.answer),
      element(
        "div",
        { class: "ma-actions" },
        button(TEXTS.reply, () => this.sendReply()),
      ),
    );
    node.addEventListener("keydown", (event) => this.key(event));
    return node;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      // In a notebook these keys run the cell, which would take the viewer away.
      event.preventDefault();
      event.stopPropagation();
      if (event.target === this.answer) this.sendReply();
    }
  }

  private toggleStatus(): void {
    const isOpen = this.present?.status === "open";
    this.entries.change(this.id, { status: isOpen ? "resolved" : "open" });
  }

  private goTo(): void {
    const camera = this.present?.camera;
    if (camera) this.scene.camera = camera;
    this.scene.focus();
  }

  private saveView(): void {
    this.entries.change(this.id, { camera: this.scene.camera });
    this.scene.say(TEXTS.viewSaved);
  }

  private sendReply(): void {
    const body = this.answer.value.trim();
    if (body === "" || (this.present?.replies.length ?? 0) >= MAX_REPLIES) return;
    this.answer.value = "";
    this.entries.reply(this.id, { id: crypto.randomUUID(), body });
  }

  private showMoved(moved: number | null): void {
    this.moved.hidden = moved === null;
    if (moved === null) return;
    const accept = button(TEXTS.stillRight, () => {
      this.entries.change(this.id, { moved_m: null });
      this.focus();
    });
    this.moved.replaceChildren(TEXTS.moved(formatLength(moved)), " ", accept);
  }

  private showReplies(replies: readonly Reply[]): void {
    const now = JSON.stringify(replies);
    if (now === this.shownReplies) return;
    this.shownReplies = now;
    this.replies.hidden = replies.length === 0;
    this.replies.replaceChildren(
      ...replies.map((reply) =>
        element(
          "li",
          {},
          element("p", { class: "ma-said" }, reply.body),
          element("span", { class: "ma-credit" }, creditText(reply)),
          askingButton(TEXTS.removeReply, TEXTS.removeReplySure, ANSWERS, () => {
            this.entries.removeReply(this.id, reply.id);
            this.answer.focus();
          }),
        ),
      ),
    );
  }
}
