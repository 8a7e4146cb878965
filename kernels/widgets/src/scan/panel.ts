/** Everything around the picture: title, buttons, raking lamp, scale bar, status and help. */
import { element, svg } from "../cube/element";
import type { RakingLamp } from "./lights";
import { formatLength, roundLength } from "./scalebar";
import { TEXTS } from "./texts";

export interface PanelEvents {
  reset(): void;
  colors(isOn: boolean): void;
  raking(isOn: boolean): void;
  wireframe(isOn: boolean): void;
  lamp(lamp: RakingLamp): void;
}

export interface PanelFacts {
  readonly title: string;
  readonly isSynthetic: boolean;
  readonly hasColors: boolean;
  readonly showsColors: boolean;
  readonly showsRaking: boolean;
  readonly sides: readonly [number, number, number];
}

const SCALE_BAR_PX = 130;
const PAD_PX = 84;
const MIN_HEIGHT = 3;
const MAX_HEIGHT = 75;

const ICONS = {
  reset: "M4 11.5 12 5l8 6.5M6.5 10v9h11v-9",
  colors: "M12 3.5s6 6.4 6 10.6a6 6 0 0 1-12 0C6 9.9 12 3.5 12 3.5zM9 14.5a3 3 0 0 0 3 3",
  raking: "M4 19h16M5.5 8.5l9 7M8 5l2.5 3M4 11.5l4 .8M4.5 5.5h.01",
  wireframe: "M12 4 20 18H4zM8 11h8M8 11l4 7 4-7",
  help: "M9.2 9.2a2.9 2.9 0 1 1 4.2 2.6c-1 .5-1.4 1.1-1.4 2.2M12 17.4v.1",
} as const;

export class Panel {
  readonly node: HTMLElement;
  readonly surface = element("div", {
    class: "ms-surface",
    tabindex: "0",
    role: "application",
    "aria-label": TEXTS.surface,
  });
  private readonly lamp: RakingLamp = { direction: 155, height: 14 };
  private readonly lampBox: HTMLElement;
  private readonly bar = element("span", { class: "ms-bar" });
  private readonly barText = element("span", { class: "ms-bar-text" });
  private readonly status = element("span", { class: "ms-status" });
  private readonly notice = element("div", { class: "ms-notice", hidden: true });

  constructor(
    facts: PanelFacts,
    private readonly events: PanelEvents,
  ) {
    this.lampBox = this.makeLamp();
    this.lampBox.hidden = !facts.showsRaking;
    const help = this.makeHelp();
    const scale = element("div", { class: "ms-scale" }, this.barText, this.bar);
    this.node = element(
      "div",
      { class: "ms-frame" },
      this.makeHeader(facts, help),
      element(
        "div",
        { class: "ms-stage" },
        this.surface,
        scale,
        element("div", { class: "ms-foot" }, this.status),
        this.lampBox,
        help,
        this.notice,
      ),
    );
  }

  /** Names lengths on screen. */
  showScale(metresPerPixel: number): void {
    const length = roundLength(metresPerPixel * SCALE_BAR_PX);
    this.bar.style.width = `${(length / metresPerPixel).toFixed(1)}px`;
    this.barText.textContent = formatLength(length);
  }

  showStatus(shown: number, all: number, isRefining: boolean): void {
    const text = TEXTS.triangles(shown.toLocaleString("en"), all.toLocaleString("en"));
    this.status.textContent = isRefining ? `${text} · ${TEXTS.refining}` : text;
    this.status.title = TEXTS.everyVertex;
    this.status.classList.toggle("is-busy", isRefining);
  }

  /** Shows a sentence over the picture, with a remedy and a way to try again. */
  showNotice(message: string, hint: string, again?: () => void): void {
    const parts: HTMLElement[] = [element("p", {}, message)];
    if (hint) parts.push(element("p", { class: "ms-hint" }, hint));
    if (again) {
      const button = element("button", { type: "button" }, TEXTS.again);
      button.addEventListener("click", again);
      parts.push(button);
    }
    this.notice.replaceChildren(...parts);
    this.notice.setAttribute("role", "alert");
    this.notice.hidden = false;
  }

  hideNotice(): void {
    this.notice.hidden = true;
    this.notice.replaceChildren();
  }

  private makeHeader(facts: PanelFacts, help: HTMLElement): HTMLElement {
    const parts: HTMLElement[] = [element("h3", {}, facts.title)];
    if (facts.isSynthetic) {
      parts.push(
        element("span", { class: "ms-badge", title: TEXTS.syntheticTitle }, TEXTS.synthetic),
      );
    }
    const sides = facts.sides.map(formatLength);
    parts.push(element("span", { class: "ms-facts" }, TEXTS.size(sides)));
    parts.push(this.makeButtons(facts, help));
    return element("header", {}, ...parts);
  }

  private makeButtons(facts: PanelFacts, help: HTMLElement): HTMLElement {
    const buttons = [
      makeButton("reset", TEXTS.reset, () => this.events.reset()),
      makeToggle("raking", TEXTS.raking, facts.showsRaking, (isOn) => {
        this.lampBox.hidden = !isOn;
        this.events.raking(isOn);
        if (isOn) this.events.lamp(this.lamp);
      }),
      makeToggle("wireframe", TEXTS.wireframe, false, (isOn) => this.events.wireframe(isOn)),
      makeToggle("help", TEXTS.help, false, (isOn) => {
        help.hidden = !isOn;
      }),
    ];
    if (facts.hasColors) {
      buttons.splice(
        1,
        0,
        makeToggle("colors", TEXTS.colors, facts.showsColors, (isOn) => this.events.colors(isOn)),
      );
    }
    return element("div", { class: "ms-buttons", role: "toolbar" }, ...buttons);
  }

  private makeHelp(): HTMLElement {
    const rows = TEXTS.helpLines.flatMap(([keys, effect]) => [
      element("dt", {}, keys),
      element("dd", {}, effect),
    ]);
    return element("dl", { class: "ms-help", hidden: true }, ...rows);
  }

  private makeLamp(): HTMLElement {
    const dot = svg("circle", { r: 6, class: "ms-lamp-dot" });
    const ray = svg("line", { class: "ms-lamp-ray", x1: 0, y1: 0 });
    const pad = svg(
      "svg",
      { class: "ms-pad", viewBox: "-42 -42 84 84", width: PAD_PX, height: PAD_PX },
      svg("title", {}, TEXTS.lightPad),
      svg("circle", { r: 38, class: "ms-pad-rim" }),
      svg("circle", { r: 19, class: "ms-pad-ring" }),
      ray,
      dot,
    );
    const direction = makeSlider(TEXTS.direction, 0, 360, this.lamp.direction);
    const height = makeSlider(TEXTS.height, MIN_HEIGHT, MAX_HEIGHT, this.lamp.height);
    const apply = (): void => {
      const reach = 38 * Math.cos((this.lamp.height * Math.PI) / 180);
      const around = (this.lamp.direction * Math.PI) / 180;
      for (const [target, x, y] of [
        [dot, "cx", "cy"],
        [ray, "x2", "y2"],
      ] as const) {
        target.setAttribute(x, String(reach * Math.cos(around)));
        target.setAttribute(y, String(-reach * Math.sin(around)));
      }
      direction.set(this.lamp.direction);
      height.set(this.lamp.height);
      if (!this.lampBox.hidden) this.events.lamp(this.lamp);
    };
    direction.onInput((value) => {
      this.lamp.direction = value;
      apply();
    });
    height.onInput((value) => {
      this.lamp.height = value;
      apply();
    });
    followPad(pad, this.lamp, apply);
    const box = element(
      "div",
      { class: "ms-lamp", role: "group", "aria-label": TEXTS.raking, hidden: true },
      element("div", { class: "ms-pad-box" }),
      element("div", { class: "ms-sliders" }, direction.node, height.node),
    );
    box.firstElementChild?.append(pad);
    queueMicrotask(apply);
    return box;
  }
}

function followPad(pad: SVGSVGElement, lamp: RakingLamp, apply: () => void): void {
  const move = (event: PointerEvent): void => {
    const box = pad.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * 84 - 42;
    const y = 42 - ((event.clientY - box.top) / box.height) * 84;
    const reach = Math.min(1, Math.hypot(x, y) / 38);
    lamp.direction = ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;
    const height = (Math.acos(reach) * 180) / Math.PI;
    lamp.height = Math.max(MIN_HEIGHT, Math.min(MAX_HEIGHT, height));
    apply();
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    move(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) move(event);
  });
}

interface Slider {
  readonly node: HTMLElement;
  set(value: number): void;
  onInput(listener: (value: number) => void): void;
}

function makeSlider(name: string, min: number, max: number, value: number): Slider {
  const input = element("input", { type: "range", min, max, step: 1, value });
  const output = element("output", {}, TEXTS.degrees(value));
  return {
    node: element("label", {}, element("span", {}, name), input, output),
    set: (next) => {
      input.value = String(next);
      output.textContent = TEXTS.degrees(next);
    },
    onInput: (listener) => input.addEventListener("input", () => listener(input.valueAsNumber)),
  };
}

function makeButton(icon: keyof typeof ICONS, name: string, press: () => void): HTMLElement {
  const button = element(
    "button",
    { type: "button", "aria-label": name, title: name },
    svg(
      "svg",
      { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true" },
      svg("path", { d: ICONS[icon] }),
    ),
  );
  button.addEventListener("click", press);
  return button;
}

function makeToggle(
  icon: keyof typeof ICONS,
  name: string,
  isOn: boolean,
  change: (isOn: boolean) => void,
): HTMLElement {
  const button = makeButton(icon, name, () => {
    const next = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(next));
    change(next);
  });
  button.setAttribute("aria-pressed", String(isOn));
  return button;
}
