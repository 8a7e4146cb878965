/** Everything around the picture: title, buttons, boxes, scale bar, status and help. */
import { element } from "../cube/element";
import { disable, ICONS, makeButton, makeTextButton, makeToggle } from "./controls";
import { LampBox } from "./lamp_box";
import type { RakingLamp } from "./lights";
import { formatLength, roundLength } from "./scalebar";
import type { Toggle } from "./scene";
import { TEXTS } from "./texts";
import { STANDARD_VIEWS, type StandardView } from "./views";

export interface PanelEvents {
  reset(): void;
  colors(isOn: boolean): void;
  unlit(isOn: boolean): void;
  /** A lamp, or null for the studio. */
  lamp(lamp: RakingLamp | null): void;
  wireframe(isOn: boolean): void;
  view(view: StandardView): void;
  orthographic(isOn: boolean): void;
  /** A picture with so many times the pixels of the screen's. */
  picture(times: number): void;
}

export interface PanelFacts {
  readonly title: string;
  readonly isSynthetic: boolean;
  readonly isCloud: boolean;
  readonly hasNormals: boolean;
  readonly hasColors: boolean;
  readonly showsColors: boolean;
  readonly showsRaking: boolean;
  readonly sides: readonly [number, number, number];
}

export interface NoticeButton {
  readonly text: string;
  press(): void;
}

const SCALE_BAR_PX = 130;
const PICTURE_TIMES = [2, 4] as const;

export class Panel {
  readonly node: HTMLElement;
  readonly surface = element("div", {
    class: "ms-surface",
    tabindex: "0",
    role: "application",
    "aria-label": TEXTS.surface,
  });
  readonly stage: HTMLElement;
  readonly parallel: HTMLInputElement;
  private readonly buttons = element("div", {
    class: "ms-buttons",
    role: "toolbar",
    "aria-label": TEXTS.toolbar,
  });
  private readonly bars = element("div", { class: "ms-bars" });
  private readonly sections = element("div", { class: "ms-sections" });
  private readonly lampBox: LampBox;
  private readonly bar = element("span", { class: "ms-bar" });
  private readonly barText = element("span", { class: "ms-bar-text" });
  private readonly status = element("span", { class: "ms-status" });
  private readonly notice = element("div", { class: "ms-notice", hidden: true });
  private readonly live = element("p", { class: "ms-live", role: "status" });
  private readonly boxes: { readonly box: HTMLElement; readonly toggle: Toggle }[] = [];
  private lastTool: Node | null = null;

  constructor(
    private readonly facts: PanelFacts,
    private readonly events: PanelEvents,
    overlays: readonly Element[],
  ) {
    this.parallel = element("input", { type: "checkbox" });
    this.lampBox = new LampBox((lamp) => events.lamp(lamp));
    const scale = element("div", { class: "ms-scale" }, this.barText, this.bar);
    this.stage = element(
      "div",
      { class: "ms-stage" },
      this.surface,
      ...overlays,
      scale,
      element("div", { class: "ms-foot" }, this.status),
      this.lampBox.node,
    );
    this.fillButtons(facts);
    this.stage.append(this.notice);
    this.node = element(
      "div",
      { class: "ms-frame" },
      this.makeHeader(facts),
      this.bars,
      this.stage,
      this.sections,
      this.live,
    );
    if (facts.showsRaking && facts.hasNormals) queueMicrotask(() => this.lampBox.show(true));
  }

  addToggle(icon: string, name: string, change: (isOn: boolean) => void): Toggle {
    const toggle = makeToggle(icon, name, false, change);
    this.buttons.insertBefore(toggle.node, this.lastTool);
    return toggle;
  }

  addBar(node: HTMLElement): void {
    this.bars.append(node);
  }

  addOverlay(node: HTMLElement): void {
    this.stage.append(node);
  }

  addSection(node: HTMLElement): void {
    this.sections.append(node);
  }

  /** Tells screen readers. */
  say(text: string): void {
    this.live.textContent = text;
  }

  /** Names lengths on screen. */
  showScale(metresPerPixel: number): void {
    const length = roundLength(metresPerPixel * SCALE_BAR_PX);
    this.bar.style.width = `${(length / metresPerPixel).toFixed(1)}px`;
    this.barText.textContent = formatLength(length);
  }

  showStatus(shown: number, all: number, isRefining: boolean): void {
    const name = this.facts.isCloud ? TEXTS.points : TEXTS.triangles;
    const text = name(shown.toLocaleString("en"), all.toLocaleString("en"));
    this.status.textContent = isRefining ? `${text} · ${TEXTS.refining}` : text;
    this.status.title = this.facts.isCloud ? TEXTS.everyPoint : TEXTS.everyVertex;
    this.status.classList.toggle("is-busy", isRefining);
  }

  /** Shows a sentence over the picture, with a remedy and a button. */
  showNotice(message: string, hint: string, button?: NoticeButton): void {
    const parts: HTMLElement[] = [element("p", {}, message)];
    if (hint) parts.push(element("p", { class: "ms-hint" }, hint));
    if (button) parts.push(makeTextButton(button.text, button.press));
    this.notice.replaceChildren(...parts);
    this.notice.setAttribute("role", "alert");
    this.notice.hidden = false;
  }

  hideNotice(): void {
    this.notice.hidden = true;
    this.notice.replaceChildren();
  }

  private makeHeader(facts: PanelFacts): HTMLElement {
    const parts: HTMLElement[] = [element("h3", {}, facts.title)];
    if (facts.isSynthetic) {
      parts.push(
        element("span", { class: "ms-badge", title: TEXTS.syntheticTitle }, TEXTS.synthetic),
      );
    }
    const sides = facts.sides.map(formatLength);
    parts.push(element("span", { class: "ms-facts" }, TEXTS.size(sides)), this.buttons);
    return element("header", {}, ...parts);
  }

  private fillButtons(facts: PanelFacts): void {
    const { events } = this;
    const isLit = facts.showsRaking && facts.hasNormals;
    const raking = makeToggle(ICONS.raking, TEXTS.raking, isLit, (isOn) => {
      if (isOn) unlit.set(false);
      if (isOn) events.unlit(false);
      this.lampBox.show(isOn);
      if (!isOn) events.lamp(null);
    });
    const unlit = makeToggle(ICONS.unlit, TEXTS.unlit, false, (isOn) => {
      raking.set(false);
      this.lampBox.show(false);
      events.lamp(null);
      events.unlit(isOn);
    });
    if (!facts.hasNormals) disable(raking.node, TEXTS.noNormals);
    const colors = makeToggle(ICONS.colors, TEXTS.colors, facts.showsColors, events.colors);
    const wireframe = makeToggle(ICONS.wireframe, TEXTS.wireframe, false, events.wireframe);
    const picture = this.makeBox(ICONS.picture, TEXTS.picture, this.makePictures());
    this.lastTool = picture.node;
    this.buttons.append(
      makeButton(ICONS.reset, TEXTS.reset, () => events.reset()),
      this.makeBox(ICONS.views, TEXTS.views, this.makeViews()).node,
      ...(facts.hasColors ? [colors.node] : []),
      ...(facts.hasColors && facts.hasNormals ? [unlit.node] : []),
      raking.node,
      ...(facts.isCloud ? [] : [wireframe.node]),
      picture.node,
      this.makeBox(ICONS.help, TEXTS.help, this.makeHelp()).node,
    );
  }

  /** A box over the picture and its button; one box is open at a time. */
  private makeBox(icon: string, name: string, box: HTMLElement): Toggle {
    const toggle = makeToggle(icon, name, false, (isOn) => {
      for (const each of this.boxes) {
        each.box.hidden = each.toggle !== toggle || !isOn;
        if (each.toggle !== toggle) each.toggle.set(false);
      }
    });
    const close = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || box.hidden) return;
      event.stopPropagation();
      box.hidden = true;
      toggle.set(false);
      toggle.node.focus();
    };
    for (const each of [box, toggle.node]) each.addEventListener("keydown", close);
    this.boxes.push({ box, toggle });
    this.stage.append(box);
    return toggle;
  }

  private makeViews(): HTMLElement {
    const buttons = STANDARD_VIEWS.map((view) =>
      makeTextButton(TEXTS.viewNames[view.name], () => this.events.view(view)),
    );
    this.parallel.addEventListener("change", () => this.events.orthographic(this.parallel.checked));
    return element(
      "div",
      { class: "ms-box ms-views", role: "group", "aria-label": TEXTS.views, hidden: true },
      element("div", { class: "ms-view-names" }, ...buttons),
      element("label", { class: "ms-check" }, this.parallel, TEXTS.parallel),
    );
  }

  private makePictures(): HTMLElement {
    return element(
      "div",
      { class: "ms-box ms-pictures", role: "group", "aria-label": TEXTS.picture, hidden: true },
      element("p", {}, TEXTS.pictureNote),
      element(
        "div",
        { class: "ms-view-names" },
        ...PICTURE_TIMES.map((times) =>
          makeTextButton(TEXTS.pictureTimes(times), () => this.events.picture(times)),
        ),
      ),
    );
  }

  private makeHelp(): HTMLElement {
    const rows = TEXTS.helpLines.flatMap(([keys, effect]) => [
      element("dt", {}, keys),
      element("dd", {}, effect),
    ]);
    return element("dl", { class: "ms-box ms-help", hidden: true }, ...rows);
  }
}
