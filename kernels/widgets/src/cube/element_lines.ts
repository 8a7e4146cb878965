/** The strong X-ray lines of elements, marked in the plot of a cube over energy. */
import { type Axis, place } from "./axis";
import { svg } from "./element";

export interface ElementLine {
  /** Element and family, as in `Pb L`. */
  readonly name: string;
  readonly energy_kev: number;
  /** Of the family's photons, 0 to 1. */
  readonly share: number;
}

const COLORS = ["#8a3b12", "#1d5c8a", "#3c6b1f", "#7a2f6b", "#6b5a12", "#14504a"] as const;
const LABEL_PX = 11;

/** What a view specification says of them; what makes no sense is left out. */
export function readLines(value: unknown): readonly ElementLine[] {
  return Array.isArray(value) ? value.filter(isLine) : [];
}

function isLine(value: unknown): value is ElementLine {
  if (typeof value !== "object" || value === null) return false;
  const { name, energy_kev: energy, share } = value as Record<string, unknown>;
  return typeof name === "string" && Number.isFinite(energy) && Number.isFinite(share);
}

/** The strongest line of each family. */
export function mainLines(lines: readonly ElementLine[]): readonly ElementLine[] {
  const main = new Map<string, ElementLine>();
  for (const line of lines) {
    if (line.share > (main.get(line.name)?.share ?? 0)) main.set(line.name, line);
  }
  return [...main.values()];
}

/** Dashed, as high as a line is strong within its family; the strongest has the name. */
export function drawLines(lines: readonly ElementLine[], x: Axis, y: Axis): SVGElement[] {
  const main = mainLines(lines);
  const elements = [...new Set(lines.map(({ name }) => name.split(" ")[0]))];
  return lines
    .filter(({ energy_kev: energy }) => energy >= x.from && energy <= x.to)
    .map((line) => {
      const at = place(x, line.energy_kev);
      const color = COLORS[elements.indexOf(line.name.split(" ")[0]) % COLORS.length] ?? COLORS[0];
      const order = main.indexOf(line);
      const strongest = main.find(({ name }) => name === line.name)?.share ?? line.share;
      const top = y.start + (line.share / strongest) * (y.end - y.start);
      const label = { class: "mc-linename", x: at + 3, fill: color };
      const height = y.end + LABEL_PX * (1 + (order % 3));
      return svg(
        "g",
        { class: "mc-line" },
        svg("line", { x1: at, x2: at, y1: y.start, y2: top, stroke: color }),
        ...(order < 0 ? [] : [svg("text", { ...label, y: height }, line.name)]),
      );
    });
}
