/** A quiet line at the foot of the picture: what is missing, and why. */
import { element } from "../cube/element";
import { TEXTS } from "./texts";

export class Footnote {
  readonly node = element("p", { class: "ms-footnote", role: "status", hidden: true });
  private isWaiting = false;
  private damaged = 0;

  /** Nobody answers, or somebody does again. */
  waiting(isWaiting: boolean): void {
    this.isWaiting = isWaiting;
    this.write();
  }

  /** So many parts can't be read. */
  missing(pages: number): void {
    this.damaged = pages;
    this.write();
  }

  private write(): void {
    const lines: string[] = [];
    if (this.isWaiting) lines.push(TEXTS.waiting);
    if (this.damaged > 0) lines.push(TEXTS.damaged(this.damaged));
    const text = lines.join(" · ");
    this.node.hidden = text === "";
    if (this.node.textContent !== text) this.node.textContent = text;
  }
}
