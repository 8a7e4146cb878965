/** The row of controls between head and picture: which layer, how it is shown, which range. */
import { element } from "../../cube/element";
import { makeTextButton } from "../controls";
import {
  type ColourRamp,
  isNumber,
  type LayerInfo,
  type LayerStyle,
  LOOKS,
  type Look,
  limitsAt,
  limitsOf,
  STRENGTHS,
  shownUnit,
} from "./info";
import { TEXTS } from "./texts";

/** Percent cut off at both ends. */
const CUTS = [0, 0.1, 0.5, 2, 5] as const;
const TYPED = "typed";
const DIGITS = 4;

export interface BarEvents {
  /** A layer by its name, or null for none. */
  choose(name: string | null): void;
  change(style: LayerStyle): void;
  /** The value in the middle of the picture. */
  read(): void;
}

export class LayerBar {
  readonly node = element("div", {
    class: "ml-bar",
    role: "group",
    "aria-label": TEXTS.layers,
    hidden: true,
  });
  private readonly layer = element("select", {});
  private readonly look = element("select", {});
  private readonly ramp = element("select", {});
  private readonly cut = element("select", { "aria-label": TEXTS.range });
  private readonly low = limit(TEXTS.low);
  private readonly high = limit(TEXTS.high);
  private readonly unit = element("span", { class: "ml-unit" });
  private readonly strength = element("input", {
    type: "range",
    min: STRENGTHS.least,
    max: STRENGTHS.most,
    step: STRENGTHS.step,
  });
  private readonly how = element("details", { class: "ml-how" });
  private readonly fields: Readonly<Record<"ramp" | "strength", HTMLElement>>;
  private readonly rest: readonly HTMLElement[];
  private info: LayerInfo | null = null;
  private style: LayerStyle | null = null;

  constructor(private readonly events: BarEvents) {
    for (const look of LOOKS) this.look.append(option(look, TEXTS.looks[look]));
    for (const cut of CUTS) this.cut.append(option(String(cut), TEXTS.between(cut, 100 - cut)));
    this.cut.append(option(TYPED, TEXTS.byHand));
    this.fields = {
      ramp: field(TEXTS.ramp, this.ramp),
      strength: field(TEXTS.strength, this.strength),
    };
    const range = element(
      "span",
      { class: "ml-field", role: "group", "aria-label": TEXTS.range },
      TEXTS.range,
      this.cut,
      this.low,
      "–",
      this.high,
      this.unit,
    );
    this.rest = [
      field(TEXTS.look, this.look),
      this.fields.ramp,
      range,
      this.fields.strength,
      makeTextButton(TEXTS.read, () => events.read()),
      this.how,
    ];
    this.node.append(field(TEXTS.layer, this.layer), ...this.rest);
    this.listen();
  }

  /** States which layers and colours there are. */
  list(layers: readonly LayerInfo[], ramps: readonly ColourRamp[]): void {
    const names = layers.map(({ name, title }) => option(name, title));
    this.layer.replaceChildren(option("", TEXTS.none), ...names);
    this.ramp.replaceChildren(...ramps.map(({ name }) => option(name, name)));
    this.render();
  }

  show(info: LayerInfo | null, style: LayerStyle | null): void {
    if (info?.name !== this.info?.name) this.how.open = false;
    [this.info, this.style] = [info, style];
    this.render();
  }

  private listen(): void {
    this.layer.addEventListener("change", () => this.events.choose(this.layer.value || null));
    this.look.addEventListener("change", () => this.set({ look: this.look.value as Look }));
    this.ramp.addEventListener("change", () => this.set({ ramp: this.ramp.value }));
    this.strength.addEventListener("input", () =>
      this.set({ strength: this.strength.valueAsNumber }),
    );
    this.cut.addEventListener("change", () => {
      if (!this.info || this.cut.value === TYPED) return;
      const [low, high] = limitsAt(this.info, Number(this.cut.value));
      this.set({ low, high });
    });
    for (const input of [this.low, this.high]) {
      input.addEventListener("change", () => this.typed());
    }
  }

  private typed(): void {
    if (!this.info) return;
    const { factor } = shownUnit(this.info);
    const [low, high] = [this.low.valueAsNumber / factor, this.high.valueAsNumber / factor];
    if (isNumber(low) && isNumber(high) && low < high) this.set({ low, high });
    else this.render();
  }

  private set(change: Partial<LayerStyle>): void {
    if (!this.style) return;
    this.style = { ...this.style, ...change };
    this.render();
    this.events.change(this.style);
  }

  private render(): void {
    const { info, style } = this;
    for (const each of this.rest) each.hidden = !info;
    this.layer.value = info?.name ?? "";
    if (!info || !style) return;
    const { unit, factor } = shownUnit(info);
    const limits = limitsOf(info, style);
    this.look.value = style.look;
    this.ramp.value = style.ramp;
    this.strength.value = String(style.strength);
    this.fields.ramp.hidden = style.look === "relief" || style.look === "shade";
    this.fields.strength.hidden = !this.fields.ramp.hidden;
    this.unit.textContent = unit;
    [this.low, this.high].forEach((input, at) => {
      input.value = String(Number(((limits[at] ?? 0) * factor).toPrecision(DIGITS)));
    });
    const cut = CUTS.find((each) => limitsAt(info, each).every((end, at) => end === limits[at]));
    this.cut.value = cut === undefined ? TYPED : String(cut);
    this.explain(info);
  }

  /** How the values came about. */
  private explain({ how }: LayerInfo): void {
    const { method, source, parameters, software, origins, made_by, created } = how;
    const stored = [created, made_by].filter((each) => typeof each === "string" && each !== "");
    const rows: [string, unknown][] = [
      ["method", method],
      ["source", source],
      ...pairs(parameters),
      ...listed(origins).flatMap(({ dataset, version, item, digest }): [string, unknown][] => [
        ["measured on", dataset ? `${dataset}@${version}, ${item}` : item],
        ["digest", digest],
      ]),
      [
        "software",
        pairs(software)
          .map((each) => each.join(" "))
          .join(", "),
      ],
      ["stored", stored.join(", ") || TEXTS.inMemory],
    ];
    const told = rows
      .filter(([, text]) => typeof text === "string" && text !== "")
      .flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, String(text))]);
    this.how.replaceChildren(element("summary", {}, TEXTS.how), element("dl", {}, ...told));
  }
}

function pairs(told: unknown): [string, string][] {
  if (!Array.isArray(told)) return [];
  return told.filter((each) => Array.isArray(each) && each.length === 2) as [string, string][];
}

function listed(told: unknown): Record<string, unknown>[] {
  if (!Array.isArray(told)) return [];
  return told.filter((each) => typeof each === "object" && each !== null);
}

function option(value: string, text: string): HTMLOptionElement {
  return element("option", { value }, text);
}

function field(name: string, control: HTMLElement): HTMLElement {
  control.setAttribute("aria-label", name);
  return element("label", { class: "ml-field" }, name, control);
}

function limit(name: string): HTMLInputElement {
  return element("input", { type: "number", step: "any", "aria-label": name, title: name });
}
