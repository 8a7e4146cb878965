/** The button that stops a cluster, and the question before it does. */
import { element } from "../cube/element";
import { setText } from "./bar";
import { TEXTS } from "./texts";

export class Stop {
  readonly button = element("button", { type: "button", class: "mk-stop" }, TEXTS.stop);
  /** The question; hidden until the button is pressed. */
  readonly question: HTMLElement;
  private isLost = false;
  private readonly no = element("button", { type: "button" }, TEXTS.stopNo);
  private readonly yes = element("button", { type: "button", class: "mk-danger" }, TEXTS.stopYes);

  constructor(stop: () => Promise<unknown>) {
    const sentence = element("p", {}, TEXTS.stopQuestion);
    this.question = element(
      "div",
      { class: "mk-question", role: "group", "aria-label": TEXTS.stop, hidden: true },
      sentence,
      element("div", { class: "mk-buttons" }, this.yes, this.no),
    );
    this.button.setAttribute("aria-expanded", "false");
    this.button.addEventListener("click", () => {
      if (this.isLost) void stop();
      else this.ask(this.question.hidden);
    });
    this.no.addEventListener("click", () => this.ask(false));
    this.question.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.ask(false);
    });
    this.yes.addEventListener("click", () => {
      this.ask(false);
      void stop();
    });
  }

  /** What failed has nothing to lose: it is cleared away without a question. */
  show(isLost: boolean): void {
    this.isLost = isLost;
    setText(this.button, isLost ? TEXTS.clear : TEXTS.stop);
    if (isLost) this.question.hidden = true;
  }

  private ask(isAsked: boolean): void {
    this.question.hidden = !isAsked;
    this.button.setAttribute("aria-expanded", String(isAsked));
    (isAsked ? this.no : this.button).focus();
  }
}
