/** The row above the picture: what is shown, how glossy, what dragging moves, save. */
import { element } from "../cube/element";
import { type Gloss, LOOKS, type Look } from "./options";
import { TEXTS } from "./texts";

export interface ControlEvents {
  look(look: Look): void;
  gloss(gloss: Gloss): void;
  dragged(what: "light" | "image"): void;
  save(): void;
}

export class Controls {
  readonly node: HTMLElement;
  private readonly glossBox: HTMLElement;

  constructor(
    look: Look,
    private gloss: Gloss,
    private readonly events: ControlEvents,
  ) {
    this.glossBox = element(
      "span",
      { class: "mr-gloss", role: "group", "aria-label": TEXTS.gloss },
      this.slider(TEXTS.colour, "diffuse", 0, 1, 0.05),
      this.slider(TEXTS.shine, "specular", 0, 1, 0.05),
      this.slider(TEXTS.sharpness, "exponent", 1, 150, 1),
    );
    this.glossBox.hidden = look !== "gloss";
    const save = element("button", { type: "button" }, TEXTS.saveLight);
    save.addEventListener("click", () => events.save());
    this.node = element(
      "div",
      { class: "mr-controls" },
      choice(TEXTS.looks, look, LOOKS.map(lookText), (chosen) => {
        this.glossBox.hidden = chosen !== "gloss";
        events.look(chosen);
      }),
      this.glossBox,
      choice(TEXTS.dragged, "light", DRAGGED, (chosen) => events.dragged(chosen)),
      save,
    );
  }

  private slider(
    name: string,
    part: keyof Gloss,
    min: number,
    max: number,
    step: number,
  ): HTMLElement {
    const input = element("input", { type: "range", min, max, step, value: this.gloss[part] });
    input.addEventListener("input", () => {
      this.gloss = { ...this.gloss, [part]: input.valueAsNumber };
      this.events.gloss(this.gloss);
    });
    return element("label", {}, name, input);
  }
}

interface Option<T> {
  readonly value: T;
  readonly text: string;
  readonly title: string;
}

const DRAGGED: readonly Option<"light" | "image">[] = [
  { value: "light", text: TEXTS.dragLight, title: TEXTS.dragLight },
  { value: "image", text: TEXTS.dragImage, title: TEXTS.dragImage },
];

function lookText(look: Look): Option<Look> {
  return { value: look, text: TEXTS[look], title: TEXTS[`${look}Title`] };
}

/** Buttons of which one is pressed. */
function choice<T extends string>(
  name: string,
  first: T,
  options: readonly Option<T>[],
  choose: (value: T) => void,
): HTMLElement {
  const buttons = options.map(({ value, text, title }) => {
    const isFirst = String(value === first);
    const button = element("button", { type: "button", title, "aria-pressed": isFirst }, text);
    button.addEventListener("click", () => {
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
      choose(value);
    });
    return button;
  });
  return element("div", { class: "mr-choice", role: "group", "aria-label": name }, ...buttons);
}
