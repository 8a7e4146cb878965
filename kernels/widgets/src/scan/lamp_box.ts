/** Where the raking lamp stands: a pad to drag on, and two sliders for the keyboard. */
import { element, svg } from "../cube/element";
import { makeSlider } from "./controls";
import type { RakingLamp } from "./lights";
import { TEXTS } from "./texts";

const PAD_PX = 84;
const MIN_HEIGHT = 3;
const MAX_HEIGHT = 75;

export class LampBox {
  readonly node: HTMLElement;
  readonly lamp: RakingLamp = { direction: 155, height: 14 };
  private readonly dot = svg("circle", { r: 6, class: "ms-lamp-dot" });
  private readonly ray = svg("line", { class: "ms-lamp-ray", x1: 0, y1: 0 });
  private readonly pad = svg(
    "svg",
    { class: "ms-pad", viewBox: "-42 -42 84 84", width: PAD_PX, height: PAD_PX },
    svg("title", {}, TEXTS.lightPad),
    svg("circle", { r: 38, class: "ms-pad-rim" }),
    svg("circle", { r: 19, class: "ms-pad-ring" }),
    this.ray,
    this.dot,
  );
  private readonly direction = makeSlider(TEXTS.direction, 0, 360, this.lamp.direction);
  private readonly height = makeSlider(TEXTS.height, MIN_HEIGHT, MAX_HEIGHT, this.lamp.height);

  constructor(private readonly change: (lamp: RakingLamp) => void) {
    this.direction.onInput((value) => this.move({ direction: value }));
    this.height.onInput((value) => this.move({ height: value }));
    this.followPad();
    this.node = element(
      "div",
      { class: "ms-lamp", role: "group", "aria-label": TEXTS.raking, hidden: true },
      element("div", { class: "ms-pad-box" }),
      element("div", { class: "ms-sliders" }, this.direction.node, this.height.node),
    );
    this.node.firstElementChild?.append(this.pad);
  }

  /** Shows the box and puts the lamp on, or takes both away. */
  show(isOn: boolean): void {
    this.node.hidden = !isOn;
    if (isOn) this.move({});
  }

  private move(to: Partial<RakingLamp>): void {
    Object.assign(this.lamp, to);
    const reach = 38 * Math.cos((this.lamp.height * Math.PI) / 180);
    const around = (this.lamp.direction * Math.PI) / 180;
    for (const [target, x, y] of [
      [this.dot, "cx", "cy"],
      [this.ray, "x2", "y2"],
    ] as const) {
      target.setAttribute(x, String(reach * Math.cos(around)));
      target.setAttribute(y, String(-reach * Math.sin(around)));
    }
    this.direction.set(this.lamp.direction);
    this.height.set(this.lamp.height);
    this.change(this.lamp);
  }

  private followPad(): void {
    const move = (event: PointerEvent): void => {
      const box = this.pad.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * 84 - 42;
      const y = 42 - ((event.clientY - box.top) / box.height) * 84;
      const reach = Math.min(1, Math.hypot(x, y) / 38);
      const height = (Math.acos(reach) * 180) / Math.PI;
      this.move({
        direction: ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360,
        height: Math.max(MIN_HEIGHT, Math.min(MAX_HEIGHT, height)),
      });
    };
    this.pad.addEventListener("pointerdown", (event) => {
      this.pad.setPointerCapture(event.pointerId);
      move(event);
    });
    this.pad.addEventListener("pointermove", (event) => {
      if (this.pad.hasPointerCapture(event.pointerId)) move(event);
    });
  }
}
