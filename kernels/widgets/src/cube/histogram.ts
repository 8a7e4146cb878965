/** How often which value occurs, drawn small, with the limits of the contrast in it. */
import type { Histogram } from "../generated/histogram";
import { svg } from "./element";
import { TEXTS } from "./texts";

const WIDTH = 320;
const HEIGHT = 64;

/** Counts as heights from 0 to 1: roots, so that few pixels still show beside many. */
export function heights(counts: readonly number[]): number[] {
  const most = Math.max(...counts, 1);
  return counts.map((count) => Math.sqrt(count / most));
}

/** The values at two percentiles, or null where the server did not say them. */
export function limitsAt(
  { percentiles }: Histogram,
  low: number,
  high: number,
): readonly [number, number] | null {
  const at = (percent: number) => percentiles.find((each) => each.percent === percent)?.value;
  const [first, last] = [at(low), at(high)];
  return first === undefined || last === undefined || first >= last ? null : [first, last];
}

export function drawHistogram(
  { channels, low, high }: Histogram,
  limits: readonly [number, number],
): SVGSVGElement {
  const across = (value: number) =>
    WIDTH * Math.min(Math.max((value - low) / (high - low || 1), 0), 1);
  const curves = channels.map(({ counts }, index) => {
    const bar = WIDTH / counts.length;
    const steps = heights(counts).map((share, at) => {
      const top = (HEIGHT * (1 - share)).toFixed(1);
      return `L${(at * bar).toFixed(1)} ${top}H${((at + 1) * bar).toFixed(1)}`;
    });
    const path = `M0 ${HEIGHT}${steps.join("")}V${HEIGHT}Z`;
    return svg("path", {
      d: path,
      class: `mc-bars mc-bars-${channels.length > 1 ? index : "only"}`,
    });
  });
  const marks = limits.map((value) =>
    svg("line", { x1: across(value), x2: across(value), y1: 0, y2: HEIGHT, class: "mc-limit" }),
  );
  const [from, to] = limits.map((value) => String(Number(value.toPrecision(3))));
  return svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": TEXTS.histogramOf(from ?? "", to ?? ""),
    },
    ...curves,
    ...marks,
  );
}
