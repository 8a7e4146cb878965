/** What the colours of a layer mean: on the screen, and in a saved picture. */
import { element } from "../../cube/element";
import {
  formatValue,
  type LayerInfo,
  type LayerStyle,
  limitsOf,
  shortNumber,
  shownUnit,
} from "./info";
import { cssGradient } from "./ramp";
import { TEXTS } from "./texts";

const WIDTH_PX = 210;
const BAR_PX = 12;
const EDGE_PX = 16;
const INK = "#221e18";
const GREY = ["#8a8a8a", "#a3a3a3"] as const;

/** A number on the legend: where it stands, from 0 to 1, and what it says. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** The ends, and round numbers between: the middle of colours that diverge is always one. */
export function ticksOf(info: LayerInfo, [low, high]: readonly [number, number]): Tick[] {
  const { factor } = shownUnit(info);
  const place = (value: number): number => (value - low) / (high - low);
  const middle = info.center !== null && low < info.center && info.center < high;
  const between = middle && info.center !== null ? info.center : (low + high) / 2;
  const digits = Math.abs(high - low) * 50 < Math.max(Math.abs(low), Math.abs(high)) ? 5 : 3;
  return [low, between, high].map((value) => ({
    at: place(value),
    text: shortNumber(Math.abs(value) < 1e-9 * (high - low) ? 0 : value * factor, digits),
  }));
}

/** Colours from low to high, as the look shows them. */
export function stopsOf(style: LayerStyle, stops: readonly string[]): readonly string[] {
  const isGrey = style.look === "relief" || style.look === "shade";
  return isGrey ? ["#1d1a17ff", "#f4efe6ff"] : stops;
}

export class Legend {
  readonly node = element("div", { class: "ml-legend", hidden: true });
  private readonly value = element("output", { class: "ml-value" });
  private shown: { info: LayerInfo; style: LayerStyle; stops: readonly string[] } | null = null;

  show(info: LayerInfo, style: LayerStyle, stops: readonly string[]): void {
    const limits = limitsOf(info, style);
    this.shown = { info, style, stops: stopsOf(style, stops) };
    const bar = element("div", { class: "ml-ramp" });
    bar.style.background = cssGradient(this.shown.stops);
    const ticks = ticksOf(info, limits).map(({ at, text }) => {
      const tick = element("span", {}, text);
      tick.style.left = `${(at * 100).toFixed(1)}%`;
      tick.style.translate = `${(-at * 100).toFixed(1)}%`; // the ends stand within the bar
      return tick;
    });
    const [low, high] = limits.map((value) => formatValue(info, value));
    const { unit } = shownUnit(info);
    this.node.setAttribute("role", "group");
    this.node.setAttribute("aria-label", TEXTS.legend(info.title, low ?? "", high ?? ""));
    this.node.replaceChildren(
      element(
        "p",
        {},
        element("span", { class: "ml-title" }, unit ? `${info.title} (${unit})` : info.title),
        this.value,
      ),
      bar,
      element("div", { class: "ml-ticks", "aria-hidden": true }, ...ticks),
      ...(info.missing > 0 ? [element("p", {}, hatch())] : []),
    );
    this.read(null);
    this.node.hidden = false;
  }

  hide(): void {
    this.shown = null;
    this.node.hidden = true;
  }

  /** The value under the pointer: NaN where none is known, null beside the surface. */
  read(value: number | null): void {
    const { shown } = this;
    const isKnown = value !== null && !Number.isNaN(value);
    const text = isKnown && shown ? formatValue(shown.info, value, 4) : "";
    this.value.textContent = value !== null && !isKnown ? TEXTS.missing : text;
  }

  /** What `read` shows. */
  get text(): string {
    return this.value.textContent ?? "";
  }

  /** Draws the legend into a picture `height` CSS pixels high, over its scale bar. */
  paint(context: CanvasRenderingContext2D, height: number): void {
    if (!this.shown) return;
    const { info, style, stops } = this.shown;
    const [x, y] = [EDGE_PX, height - 92];
    const blend = context.createLinearGradient(x, 0, x + WIDTH_PX, 0);
    stops.forEach((stop, at) => {
      blend.addColorStop(at / (stops.length - 1), stop);
    });
    context.save();
    context.fillStyle = INK;
    context.font = "600 13px system-ui, sans-serif";
    const { unit } = shownUnit(info);
    context.fillText(unit ? `${info.title} (${unit})` : info.title, x, y - 8);
    context.fillStyle = blend;
    context.fillRect(x, y, WIDTH_PX, BAR_PX);
    context.strokeStyle = INK;
    context.lineWidth = 0.75;
    context.strokeRect(x, y, WIDTH_PX, BAR_PX);
    context.fillStyle = INK;
    context.font = "12px system-ui, sans-serif";
    const ticks = ticksOf(info, limitsOf(info, style));
    ticks.forEach(({ at, text }, index) => {
      context.textAlign = index === 0 ? "left" : index === ticks.length - 1 ? "right" : "center";
      context.fillText(text, x + at * WIDTH_PX, y + BAR_PX + 15);
    });
    if (info.missing > 0) {
      context.fillStyle = GREY[0];
      context.fillRect(x + WIDTH_PX + 14, y, BAR_PX, BAR_PX);
      context.fillStyle = INK;
      context.textAlign = "left";
      context.fillText(TEXTS.missing, x + WIDTH_PX + 32, y + BAR_PX - 1);
    }
    context.restore();
  }
}

function hatch(): HTMLElement {
  const swatch = element("span", { class: "ml-hatch", "aria-hidden": true });
  return element("span", { class: "ml-missing" }, swatch, TEXTS.missing);
}
