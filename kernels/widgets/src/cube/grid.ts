/** What every plot has: grid lines with their values, titles, and curves' names at their ends. */
import { type Axis, place, spread, ticks } from "./axis";
import { svg } from "./element";

export const MARGIN = { left: 50, right: 26, top: 14, bottom: 44 };
const MARK_HEIGHT_PX = 13;

export function gridX(x: Axis, y: Axis): SVGElement[] {
  return ticks(x.from, x.to, Math.max(3, (x.end - x.start) / 58)).flatMap((value) => [
    line(place(x, value), y.start, place(x, value), y.end),
    svg("text", { class: "mc-tick", x: place(x, value), y: y.start + 18 }, String(value)),
  ]);
}

export function gridY(x: Axis, y: Axis): SVGElement[] {
  const values = ticks(y.from, y.to, Math.max(3, (y.start - y.end) / 44));
  return values.flatMap((value) => {
    const at = { x: x.start - 7, y: place(y, value) + 4 };
    return [
      line(x.start, place(y, value), x.end, place(y, value)),
      svg("text", { class: "mc-tick mc-tick-y", ...at }, tickText(value)),
    ];
  });
}

export function titles(x: Axis, y: Axis, height: number, across: string, up: string): SVGElement[] {
  const middle = (y.start + y.end) / 2;
  const below = { x: (x.start + x.end) / 2, y: height - 8 };
  const turned = { transform: `translate(13 ${middle}) rotate(-90)` };
  return [
    svg("text", { class: "mc-title", ...below }, across),
    svg("text", { class: "mc-title", ...turned }, up),
  ];
}

/** Marks at the curves' ends, moved apart where curves end close together. */
export function endMarks(
  ends: readonly { mark: string; color: string; at: number }[],
  x: Axis,
): SVGElement[] {
  const places = spread(
    ends.map(({ at }) => at),
    MARK_HEIGHT_PX,
  );
  return ends.map(({ mark, color }, index) => {
    const at = { x: x.end + 12, y: (places[index] ?? 0) + 4 };
    return svg("text", { class: "mc-number", ...at, style: `fill:${color}` }, mark);
  });
}

function line(x1: number, y1: number, x2: number, y2: number): SVGElement {
  return svg("line", { class: "mc-grid", x1, x2, y1, y2 });
}

function tickText(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 0.001 || size >= 100_000) ? value.toExponential() : String(value);
}
