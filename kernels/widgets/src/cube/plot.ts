/** Spectra over wavelength, energy or channel, as an SVG that follows its box. */
import type { Disposable } from "../host";
import type { CubeInfo } from "./api";
import { type Axis, place, valueAt } from "./axis";
import { type Curve, extent, linePath, spreadPath } from "./curves";
import { type Display, labelOf } from "./display";
import { element, svg } from "./element";
import { drawLines, type ElementLine } from "./element_lines";
import { endMarks, gridX, gridY, MARGIN, titles } from "./grid";
import { describeNear, titleOf } from "./spectral_axis";
import { TEXTS } from "./texts";

const SPECTRUM_STRIP_PX = 4;
const FROM_ZERO: readonly Display[] = ["recorded", "reflectance", "absorbance", "k_over_s"];

export class Plot implements Disposable {
  readonly node = element("figure", { class: "mc-plot" });
  private readonly drawing = svg("svg", { role: "img", "aria-label": TEXTS.plot });
  private readonly cursor = svg("g", { class: "mc-cursor", "aria-hidden": "true" });
  private readonly observer = new ResizeObserver(() => this.render());
  private curves: readonly Curve[] = [];
  private display: Display = "recorded";
  private bands: readonly number[] = [];

  constructor(
    private readonly info: CubeInfo,
    onPlace: (place: number) => void,
    private readonly lines: readonly ElementLine[] = [],
  ) {
    this.node.append(this.drawing);
    this.observer.observe(this.node);
    this.drawing.addEventListener("pointermove", (event) => this.point(event));
    this.drawing.addEventListener("pointerleave", () => this.cursor.replaceChildren());
    this.drawing.addEventListener("click", (event) => {
      const place = valueAt(this.x(), event.offsetX);
      if (place >= this.x().from && place <= this.x().to) onPlace(place);
    });
  }

  /** @param curves As `display` shows them. */
  update(curves: readonly Curve[], bands: readonly number[], display: Display): void {
    this.curves = curves;
    this.bands = bands;
    this.display = display;
    this.render();
  }

  dispose(): void {
    this.observer.disconnect();
  }

  private x(): Axis {
    const { coordinate } = this.info;
    const end = Math.max(this.node.clientWidth - MARGIN.right, MARGIN.left + 40);
    return { from: coordinate[0] ?? 0, to: coordinate.at(-1) ?? 1, start: MARGIN.left, end };
  }

  private y(): Axis {
    const start = Math.max(this.node.clientHeight - MARGIN.bottom, MARGIN.top + 40);
    const [from, to] = this.range();
    return { from, to, start, end: MARGIN.top };
  }

  /** From zero where zero means something; of the measured curves alone, if there are any. */
  private range(): readonly [number, number] {
    const { from, to } = this.x();
    const measured = this.curves.filter((curve) => curve.series && !curve.isReference);
    const all = measured.length > 0 ? measured : this.curves;
    const found = extent(
      all.flatMap(({ series }) => series ?? []),
      from,
      to,
    );
    if (found === null) return [0, 1];
    const isFromZero = FROM_ZERO.includes(this.display);
    const [low, high] = isFromZero ? [Math.min(found[0], 0), found[1]] : found;
    const air = 0.06 * (high - low) || 0.05;
    const least = isFromZero && low === 0 ? 0 : low - air;
    return [least, Math.max(high + air, isFromZero ? 0.1 : least)];
  }

  private render(): void {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (width === 0 || height === 0) return;
    const [x, y] = [this.x(), this.y()];
    const { axis, quantity } = this.info;
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.drawing.replaceChildren(
      ...(axis.name === "wavelength" ? [strip(x, y)] : []),
      ...gridX(x, y),
      ...gridY(x, y),
      ...titles(x, y, height, titleOf(axis), labelOf(this.display, quantity, axis.units)),
      ...drawLines(this.lines, x, y),
      ...this.bands.map((each, index) => bandMark(each, index, this.bands.length, x, y)),
      drawCurves(this.curves, x, y),
      ...endMarks(ends(this.curves, x, y), x),
      ...(this.curves.length === 0 ? [invitation(x, y)] : []),
      this.cursor,
    );
  }

  /** A line under the pointer, with the place on the axis there. */
  private point(event: PointerEvent): void {
    const [x, y] = [this.x(), this.y()];
    const pointed = valueAt(x, event.offsetX);
    this.cursor.replaceChildren();
    if (pointed < x.from || pointed > x.to) return;
    const at = place(x, pointed);
    const side = at > (x.start + x.end) / 2 ? "end" : "start";
    this.cursor.append(
      svg("line", { x1: at, x2: at, y1: y.start, y2: y.end }),
      svg(
        "text",
        { x: at + (side === "end" ? -5 : 5), y: y.end + 10, "text-anchor": side },
        describeNear(this.info.axis, pointed),
      ),
    );
  }
}

/** The colours of the visible spectrum under the axis, for orientation. */
function strip(x: Axis, y: Axis): SVGElement {
  const id = `mc-visible-${Math.round(x.from)}-${Math.round(x.to)}`;
  const stops: [number, string][] = [
    [400, "#5b2a86"],
    [440, "#3b4cc0"],
    [490, "#2a9d9d"],
    [530, "#4aa84a"],
    [575, "#e0c84a"],
    [610, "#e08a3c"],
    [650, "#c43c3c"],
    [720, "#5a1e1e"],
  ];
  const gradient = svg(
    "linearGradient",
    { id, gradientUnits: "userSpaceOnUse", x1: place(x, 400), x2: place(x, 720), y1: 0, y2: 0 },
    ...stops.map(([nm, color]) => svg("stop", { offset: (nm - 400) / 320, "stop-color": color })),
  );
  const [from, to] = [Math.max(400, x.from), Math.min(720, x.to)];
  const width = Math.max(0, place(x, to) - place(x, from));
  const box = { x: place(x, from), y: y.start, width, height: SPECTRUM_STRIP_PX };
  return svg("g", { class: "mc-strip" }, gradient, svg("rect", { ...box, fill: `url(#${id})` }));
}

function bandMark(value: number, index: number, count: number, x: Axis, y: Axis): SVGElement {
  const kind = count === 3 ? (["red", "green", "blue"][index] ?? "grey") : "grey";
  const at = place(x, value);
  return svg(
    "g",
    { class: `mc-band mc-band-${kind}` },
    svg("line", { x1: at, x2: at, y1: y.start, y2: y.end }),
    svg("path", { d: `M${at - 4.5} ${y.end - 7}h9l-4.5 7z` }),
  );
}

/** Nothing is drawn beside the axes: a library's curve may be longer and higher. */
function drawCurves(curves: readonly Curve[], x: Axis, y: Axis): SVGElement {
  const [width, height] = [x.end - x.start, y.start - y.end];
  const viewBox = `${x.start} ${y.end} ${width} ${height}`;
  const box = { x: x.start, y: y.end, width, height, viewBox };
  return svg("svg", box, ...curves.flatMap((each) => drawCurve(each, x, y)));
}

function drawCurve({ series, color, isReference, name }: Curve, x: Axis, y: Axis): SVGElement[] {
  if (series === null) return [];
  const line = linePath(series.places, series.mean, x, y);
  const kind = isReference ? "mc-curve mc-reference" : "mc-curve";
  const title = svg("title", {}, name);
  return [
    svg("path", { class: "mc-spread", d: spreadPath(series, x, y), fill: color }),
    svg("path", { class: kind, d: line, stroke: color }, title),
  ];
}

function ends(curves: readonly Curve[], x: Axis, y: Axis) {
  return curves.flatMap(({ series, mark, color }) => {
    const last = series?.mean.findLast(
      (value, band) => value !== null && (series.places[band] ?? 0) <= x.to,
    );
    if (typeof last !== "number") return [];
    return [{ mark, color, at: Math.min(Math.max(place(y, last), y.end), y.start) }];
  });
}

function invitation(x: Axis, y: Axis): SVGElement {
  const [middleX, middleY] = [(x.start + x.end) / 2, (y.start + y.end) / 2];
  return svg("text", { class: "mc-invitation", x: middleX, y: middleY }, TEXTS.invitation);
}
