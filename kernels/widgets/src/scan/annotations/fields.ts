/** Text fields that somebody else may write into at the same moment, and buttons. */
import { element } from "../../cube/element";
import type { TextChange } from "../../host";
import { movedBy, textChange } from "./text_change";

/** Binds a text field to a shared text: only what changed goes out, and comes in. */
export class SharedField {
  private known: string;
  private isComposing = false;
  private waiting: string | null = null;

  constructor(
    readonly node: HTMLTextAreaElement,
    text: string,
    private readonly write: (change: TextChange) => void,
    private readonly read: () => string,
  ) {
    this.known = text;
    node.value = text;
    node.addEventListener("input", () => {
      if (!this.isComposing) this.tell();
    });
    // What is composed (accents, Chinese, Japanese …) counts once it is done.
    node.addEventListener("compositionstart", () => {
      this.isComposing = true;
    });
    node.addEventListener("compositionend", () => {
      this.isComposing = false;
      const isBehind = this.waiting !== null;
      this.tell();
      if (isBehind) this.showNow();
    });
  }

  /** Shows what the text is now; the cursor stays between the same letters. */
  show(text: string): void {
    if (this.isComposing) {
      this.waiting = text;
      return;
    }
    const change = textChange(this.known, text);
    this.known = text;
    if (!change) return;
    const { selectionStart, selectionEnd, selectionDirection, scrollTop } = this.node;
    this.node.value = text;
    this.node.setSelectionRange(
      movedBy(change, selectionStart),
      movedBy(change, selectionEnd),
      selectionDirection,
    );
    this.node.scrollTop = scrollTop;
  }

  /** After composing: what all wrote meanwhile. */
  private showNow(): void {
    this.waiting = null;
    this.known = this.node.value;
    this.show(this.read());
  }

  private tell(): void {
    const { value, selectionStart } = this.node;
    const change = textChange(this.known, value, selectionStart);
    const others = this.waiting === null ? null : textChange(this.known, this.waiting);
    this.known = this.waiting ?? value;
    if (change) this.write(others ? shifted(change, others) : change);
  }
}

/** A change as it is after another one. */
function shifted(change: TextChange, other: TextChange): TextChange {
  const at = movedBy(other, change.at);
  return { ...change, at, removed: movedBy(other, change.at + change.removed) - at };
}

export function button(
  name: string,
  press: () => void,
  attributes: Readonly<Record<string, string | boolean>> = {},
): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, name);
  made.addEventListener("click", press);
  return made;
}

/** A button that asks before it does something that can't be undone. */
export function askingButton(
  name: string,
  question: string,
  answers: { readonly yes: string; readonly no: string },
  act: () => void,
): HTMLElement {
  const box = element("span", { class: "ma-asking" });
  const rest = (): void => {
    box.replaceChildren(ask);
    ask.focus();
  };
  const ask = button(name, () => {
    const no = button(answers.no, rest);
    const yes = button(answers.yes, act, { class: "ma-danger" });
    const sentence = element("span", { class: "ma-question" }, question);
    const asked = element("span", { class: "ma-asked", role: "group" }, sentence, yes, no);
    asked.setAttribute("aria-label", question);
    asked.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      rest();
    });
    box.replaceChildren(asked);
    no.focus();
  });
  box.append(ask);
  return box;
}
