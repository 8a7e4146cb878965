/** The picked spectra over wavelength, as an SVG that follows its box. */
import type { Disposable } from "../host";
import type { CubeInfo } from "./api";
import { type Axis, place, spread, ticks, valueAt } from "./axis";
import { highest, linePath, spreadPath } from "./curves";
import { element, svg } from "./element";
import type { PickedSpectrum } from "./picks";
import { TEXTS } from "./texts";

const MARGIN = { left: 50, right: 22, top: 14, bottom: 44 };
const SPECTRUM_STRIP_PX = 4;
const NUMBER_HEIGHT_PX = 13;

export class Plot implements Disposable {
  readonly node = element("figure", { class: "mc-plot" });
  private readonly drawing = svg("svg", { role: "img", "aria-label": TEXTS.plot });
  private readonly cursor = svg("g", { class: "mc-cursor", "aria-hidden": "true" });
  private readonly observer = new ResizeObserver(() => this.render());
  private picked: readonly PickedSpectrum[] = [];
  private bands: readonly number[] = [];

  constructor(
    private readonly info: CubeInfo,
    onWavelength: (nm: number) => void,
  ) {
    this.node.append(this.drawing);
    this.observer.observe(this.node);
    this.drawing.addEventListener("pointermove", (event) => this.point(event));
    this.drawing.addEventListener("pointerleave", () => this.cursor.replaceChildren());
    this.drawing.addEventListener("click", (event) => {
      const nm = valueAt(this.x(), event.offsetX);
      if (nm >= this.x().from && nm <= this.x().to) onWavelength(nm);
    });
  }

  update(picked: readonly PickedSpectrum[], bands: readonly number[]): void {
    this.picked = picked;
    this.bands = bands;
    this.render();
  }

  dispose(): void {
    this.observer.disconnect();
  }

  private x(): Axis {
    const nm = this.info.wavelength_nm;
    const end = Math.max(this.node.clientWidth - MARGIN.right, MARGIN.left + 40);
    return { from: Math.min(...nm), to: Math.max(...nm), start: MARGIN.left, end };
  }

  private y(): Axis {
    const spectra = this.picked.flatMap(({ spectrum }) => spectrum ?? []);
    const top = spectra.length === 0 ? 1 : Math.max(highest(spectra) * 1.06, 0.1);
    const start = Math.max(this.node.clientHeight - MARGIN.bottom, MARGIN.top + 40);
    return { from: 0, to: top, start, end: MARGIN.top };
  }

  private render(): void {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (width === 0 || height === 0) return;
    const [x, y] = [this.x(), this.y()];
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.drawing.replaceChildren(
      strip(x, y),
      ...gridX(x, y),
      ...gridY(x, y),
      ...this.titles(x, y, height),
      ...this.bands.map((nm, index) => bandMark(nm, index, this.bands.length, x, y)),
      ...this.picked.flatMap((each) => curve(each, x, y)),
      ...numbers(this.picked, x, y),
      ...(this.picked.length === 0 ? [invitation(x, y)] : []),
      this.cursor,
    );
  }

  private titles(x: Axis, y: Axis, height: number): SVGElement[] {
    const middle = (y.start + y.end) / 2;
    return [
      svg(
        "text",
        { class: "mc-title", x: (x.start + x.end) / 2, y: height - 8 },
        TEXTS.wavelengthAxis,
      ),
      svg(
        "text",
        { class: "mc-title", transform: `translate(14 ${middle}) rotate(-90)` },
        this.info.quantity,
      ),
    ];
  }

  /** A line under the pointer, with the wavelength there. */
  private point(event: PointerEvent): void {
    const [x, y] = [this.x(), this.y()];
    const nm = valueAt(x, event.offsetX);
    this.cursor.replaceChildren();
    if (nm < x.from || nm > x.to) return;
    const at = place(x, nm);
    const side = at > (x.start + x.end) / 2 ? "end" : "start";
    this.cursor.append(
      svg("line", { x1: at, x2: at, y1: y.start, y2: y.end }),
      svg(
        "text",
        { x: at + (side === "end" ? -5 : 5), y: y.end + 10, "text-anchor": side },
        `${Math.round(nm)} nm`,
      ),
    );
  }
}

function gridX(x: Axis, y: Axis): SVGElement[] {
  return ticks(x.from, x.to, Math.max(3, (x.end - x.start) / 58)).flatMap((nm) => [
    svg("line", { class: "mc-grid", x1: place(x, nm), x2: place(x, nm), y1: y.start, y2: y.end }),
    svg("text", { class: "mc-tick", x: place(x, nm), y: y.start + 18 }, String(nm)),
  ]);
}

function gridY(x: Axis, y: Axis): SVGElement[] {
  const values = ticks(y.from, y.to, Math.max(3, (y.start - y.end) / 44));
  return values.flatMap((value) => [
    svg("line", {
      class: "mc-grid",
      x1: x.start,
      x2: x.end,
      y1: place(y, value),
      y2: place(y, value),
    }),
    svg(
      "text",
      { class: "mc-tick mc-tick-y", x: x.start - 7, y: place(y, value) + 4 },
      String(value),
    ),
  ]);
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

function bandMark(nm: number, index: number, count: number, x: Axis, y: Axis): SVGElement {
  const kind = count === 3 ? (["red", "green", "blue"][index] ?? "grey") : "grey";
  const at = place(x, nm);
  return svg(
    "g",
    { class: `mc-band mc-band-${kind}` },
    svg("line", { x1: at, x2: at, y1: y.start, y2: y.end }),
    svg("path", { d: `M${at - 4.5} ${y.end - 7}h9l-4.5 7z` }),
  );
}

function curve({ spectrum, color }: PickedSpectrum, x: Axis, y: Axis): SVGElement[] {
  if (spectrum === null) return [];
  const line = linePath(spectrum.wavelength_nm, spectrum.mean, x, y);
  return [
    svg("path", { class: "mc-spread", d: spreadPath(spectrum, x, y), fill: color }),
    svg("path", { class: "mc-curve", d: line, stroke: color }),
  ];
}

/** Each curve's number at its end, moved apart where curves end close together. */
function numbers(picked: readonly PickedSpectrum[], x: Axis, y: Axis): SVGElement[] {
  const ends = picked.flatMap(({ spectrum, number, color }) => {
    const last = spectrum?.mean.findLast((value) => value !== null);
    return typeof last === "number" ? [{ number, color, at: place(y, last) }] : [];
  });
  const places = spread(
    ends.map(({ at }) => at),
    NUMBER_HEIGHT_PX,
  );
  return ends.map(({ number, color }, index) => {
    const at = { x: x.end + 12, y: (places[index] ?? 0) + 4 };
    return svg("text", { class: "mc-number", ...at, style: `fill:${color}` }, String(number));
  });
}

function invitation(x: Axis, y: Axis): SVGElement {
  const [middleX, middleY] = [(x.start + x.end) / 2, (y.start + y.end) / 2];
  return svg("text", { class: "mc-invitation", x: middleX, y: middleY }, TEXTS.invitation);
}
