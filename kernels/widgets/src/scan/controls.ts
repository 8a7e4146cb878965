/** Buttons, switches and sliders of the scan viewer. */
import { element, svg } from "../cube/element";
import type { Toggle } from "./scene";
import { TEXTS } from "./texts";

/** Paths in a square of 24. */
export const ICONS = {
  reset: "M4 11.5 12 5l8 6.5M6.5 10v9h11v-9",
  views: "M12 3.5 19.5 7.7v8.6L12 20.5l-7.5-4.2V7.7zM12 12v8.5M12 12 4.5 7.7M12 12l7.5-4.3",
  colors: "M12 3.5s6 6.4 6 10.6a6 6 0 0 1-12 0C6 9.9 12 3.5 12 3.5zM9 14.5a3 3 0 0 0 3 3",
  unlit: "M9 15.5a5 5 0 1 1 6 0V18H9zM10 20.5h4M4 4l16 16",
  raking: "M4 19h16M5.5 8.5l9 7M8 5l2.5 3M4 11.5l4 .8M4.5 5.5h.01",
  wireframe: "M12 4 20 18H4zM8 11h8M8 11l4 7 4-7",
  picture: "M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4",
  help: "M9.2 9.2a2.9 2.9 0 1 1 4.2 2.6c-1 .5-1.4 1.1-1.4 2.2M12 17.4v.1",
} as const;

export function makeButton(icon: string, name: string, press: () => void): HTMLButtonElement {
  const button = element(
    "button",
    { type: "button", "aria-label": name, title: name },
    svg(
      "svg",
      { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true" },
      svg("path", { d: icon }),
    ),
  );
  button.addEventListener("click", press);
  return button;
}

export function makeToggle(
  icon: string,
  name: string,
  isOn: boolean,
  change: (isOn: boolean) => void,
): Toggle {
  const button = makeButton(icon, name, () => {
    const next = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(next));
    change(next);
  });
  button.setAttribute("aria-pressed", String(isOn));
  return { node: button, set: (next) => button.setAttribute("aria-pressed", String(next)) };
}

/** Says why a button does nothing here; it can still be reached, so that the reason is heard. */
export function disable(button: HTMLElement, reason: string): void {
  button.setAttribute("aria-disabled", "true");
  const name = button.getAttribute("aria-label") ?? button.textContent ?? "";
  button.title = `${name}: ${reason}`;
  button.setAttribute("aria-label", button.title);
  const stop = (event: Event): void => event.stopImmediatePropagation();
  button.addEventListener("click", stop, { capture: true });
}

/** A button with words on it. */
export function makeTextButton(text: string, press: () => void): HTMLButtonElement {
  const button = element("button", { type: "button", class: "ms-text" }, text);
  button.addEventListener("click", press);
  return button;
}

export interface Slider {
  readonly node: HTMLElement;
  set(value: number): void;
  onInput(listener: (value: number) => void): void;
}

export function makeSlider(name: string, min: number, max: number, value: number): Slider {
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
