/** The light as a lamp over a dome: a pad to drag it on, and two sliders for exact angles. */
import { element, svg } from "../cube/element";
import { directionOf, LEAST_ELEVATION, type Light, lightAbove } from "./light";
import { TEXTS } from "./texts";

const PAD = 38;

export class Lamp {
  readonly node: HTMLElement;
  private readonly dot = svg("circle", { r: 6, class: "mr-lamp-dot" });
  private readonly ray = svg("line", { class: "mr-lamp-ray", x1: 0, y1: 0 });
  private readonly azimuth = makeSlider(TEXTS.direction, 0, 360);
  private readonly elevation = makeSlider(TEXTS.height, LEAST_ELEVATION, 90);

  /** @param onLight Told of a light that the hand chose; `isDone` when it let go. */
  constructor(private readonly onLight: (light: Light, isDone: boolean) => void) {
    for (const slider of [this.azimuth, this.elevation]) {
      slider.input.addEventListener("input", () => onLight(this.chosen(), false));
      slider.input.addEventListener("change", () => onLight(this.chosen(), true));
    }
    this.node = element(
      "div",
      { class: "mr-lamp", role: "group", "aria-label": TEXTS.lamp },
      element("div", {}),
      element("div", { class: "mr-sliders" }, this.azimuth.node, this.elevation.node),
    );
    this.node.firstElementChild?.append(this.makePad());
  }

  show(light: Light): void {
    const [x, y] = directionOf(light);
    for (const [target, across, down] of [
      [this.dot, "cx", "cy"],
      [this.ray, "x2", "y2"],
    ] as const) {
      target.setAttribute(across, (PAD * x).toFixed(2));
      target.setAttribute(down, (-PAD * y).toFixed(2));
    }
    this.azimuth.set(light.azimuth);
    this.elevation.set(light.elevation);
  }

  private chosen(): Light {
    const [azimuth, elevation] = [this.azimuth, this.elevation].map((s) => s.input.valueAsNumber);
    return { azimuth: azimuth ?? 0, elevation: elevation ?? 0 };
  }

  private makePad(): SVGSVGElement {
    const pad = svg(
      "svg",
      { class: "mr-pad", viewBox: "-42 -42 84 84", width: 84, height: 84 },
      svg("title", {}, TEXTS.lampPad),
      svg("circle", { r: PAD, class: "mr-pad-rim" }),
      svg("circle", { r: PAD / 2, class: "mr-pad-ring" }),
      this.ray,
      this.dot,
    );
    const move = (event: PointerEvent, isDone: boolean): void => {
      const box = pad.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * 84 - 42;
      const y = 42 - ((event.clientY - box.top) / box.height) * 84;
      this.onLight(lightAbove(x / PAD, y / PAD), isDone);
    };
    pad.addEventListener("pointerdown", (event) => {
      pad.setPointerCapture(event.pointerId);
      move(event, false);
    });
    pad.addEventListener("pointermove", (event) => {
      if (pad.hasPointerCapture(event.pointerId)) move(event, false);
    });
    pad.addEventListener("pointerup", (event) => {
      if (pad.hasPointerCapture(event.pointerId)) move(event, true);
    });
    return pad;
  }
}

interface Slider {
  readonly node: HTMLElement;
  readonly input: HTMLInputElement;
  set(value: number): void;
}

function makeSlider(name: string, min: number, max: number): Slider {
  const input = element("input", { type: "range", min, max, step: 1 });
  const output = element("output", {});
  return {
    node: element("label", {}, element("span", {}, name), input, output),
    input,
    set: (value) => {
      input.value = String(value);
      output.textContent = TEXTS.degrees(value);
      input.setAttribute("aria-valuetext", TEXTS.degrees(value));
    },
  };
}
