/** The row below the picture: raking light from all sides, and the lights that were saved. */
import { element } from "../cube/element";
import type { ListLink } from "../host";
import type { RtiInfo } from "./api";
import type { Light, SavedLight } from "./light";
import { TEXTS } from "./texts";

const SIDES = 8;
const LONG_PX = 84;

export interface LightEvents {
  show(light: Light): void;
  /** Pictures whose light has changed are drawn anew. */
  redraw(): void;
}

export interface Picture {
  readonly canvas: HTMLCanvasElement;
  readonly light: Light;
}

export class LightRow {
  readonly node: HTMLElement;
  private readonly raking: readonly Picture[];
  private saved: readonly Picture[] = [];
  private readonly list = element("ul", { class: "mr-saved", "aria-label": TEXTS.savedLights });

  constructor(
    private readonly info: RtiInfo,
    elevation: number,
    private readonly lights: ListLink<SavedLight>,
    private readonly events: LightEvents,
  ) {
    this.raking = Array.from({ length: SIDES }, (_, side) => ({
      canvas: this.makeCanvas(),
      light: { azimuth: (360 / SIDES) * side, elevation },
    }));
    const buttons = this.raking.map((picture) => this.rakingButton(picture));
    this.node = element(
      "div",
      { class: "mr-lights" },
      element(
        "div",
        { class: "mr-strip", role: "group", "aria-label": TEXTS.rakingStrip },
        ...buttons,
      ),
      this.list,
    );
    this.update();
  }

  get pictures(): readonly Picture[] {
    return [...this.raking, ...this.saved];
  }

  /** Shows the saved lights as they are now. */
  update(): void {
    const lights = this.lights.get();
    this.saved = lights.map((light) => ({ canvas: this.makeCanvas(), light }));
    this.list.replaceChildren(
      ...lights.map((light, index) => this.savedEntry(light, index, this.saved[index]?.canvas)),
    );
    this.list.hidden = lights.length === 0;
    this.events.redraw();
  }

  save(light: Light): void {
    const lights = this.lights.get();
    const taken = new Set(lights.map(({ label }) => label));
    let number = lights.length + 1;
    while (taken.has(TEXTS.lightLabel(number))) number += 1;
    const { azimuth, elevation } = light;
    this.lights.set([...lights, { label: TEXTS.lightLabel(number), azimuth, elevation }]);
    this.update();
  }

  private rakingButton({ canvas, light }: Picture): HTMLButtonElement {
    const name = TEXTS.raking(light.azimuth, light.elevation);
    const button = element("button", { type: "button", "aria-label": name, title: name }, canvas);
    button.append(element("span", {}, TEXTS.degrees(light.azimuth)));
    button.addEventListener("click", () => this.events.show(light));
    return button;
  }

  private savedEntry(
    light: SavedLight,
    index: number,
    canvas: HTMLCanvasElement | undefined,
  ): HTMLLIElement {
    const title = TEXTS.showLight(light.label, light.azimuth, light.elevation);
    const show = element("button", { type: "button", "aria-label": title, title });
    if (canvas) show.append(canvas);
    show.addEventListener("click", () => this.events.show(light));
    const name = element("input", {
      type: "text",
      value: light.label,
      maxlength: 60,
      "aria-label": TEXTS.nameLight(light.label),
    });
    name.addEventListener("change", () => this.rename(index, name.value.trim()));
    const text = TEXTS.removeLight(light.label);
    const remove = element("button", { type: "button", "aria-label": text, title: text }, "×");
    remove.addEventListener("click", () =>
      this.change((all) => all.filter((_, at) => at !== index)),
    );
    return element("li", {}, show, name, remove);
  }

  /** An empty name, or one that is taken, is not taken over. */
  private rename(index: number, label: string): void {
    const isTaken = this.lights.get().some((light, at) => at !== index && light.label === label);
    this.change((all) =>
      label === "" || isTaken
        ? all
        : all.map((light, at) => (at === index ? { ...light, label } : light)),
    );
  }

  private change(how: (lights: readonly SavedLight[]) => readonly SavedLight[]): void {
    this.lights.set(how(this.lights.get()));
    this.update();
  }

  private makeCanvas(): HTMLCanvasElement {
    const { width, height } = this.info;
    const scale = (LONG_PX * window.devicePixelRatio) / Math.max(width, height);
    const side = (length: number) => String(Math.max(8, Math.round(length * scale)));
    return element("canvas", { width: side(width), height: side(height), "aria-hidden": true });
  }
}
