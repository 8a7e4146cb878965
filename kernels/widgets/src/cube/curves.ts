/** Spectra as SVG paths. A gap in the data is a gap in the line. */
import { type Axis, place } from "./axis";
import type { Series, Values } from "./display";

/** A spectrum in the plot: of a spot, a region, all regions, or a library. */
export interface Curve {
  readonly name: string;
  /** What stands at its end: a number, a letter or a sign. */
  readonly mark: string;
  readonly color: string;
  readonly series: Series | null;
  /** Of a library: dashed. */
  readonly isReference: boolean;
}

export function linePath(places: readonly number[], values: Values, x: Axis, y: Axis): string {
  let path = "";
  let isDown = false;
  places.forEach((wavelength, band) => {
    const value = values[band];
    if (value === null || value === undefined || wavelength < x.from || wavelength > x.to) {
      isDown = false;
      return;
    }
    path += `${isDown ? "L" : "M"}${fixed(place(x, wavelength))} ${fixed(place(y, value))}`;
    isDown = true;
  });
  return path;
}

/** The band between mean - std and mean + std; bands without value are left out. */
export function spreadPath({ places, mean, std }: Series, x: Axis, y: Axis): string {
  const runs: { upper: string[]; lower: string[] }[] = [];
  let run: { upper: string[]; lower: string[] } | null = null;
  places.forEach((wavelength, band) => {
    const [value, spread] = [mean[band] ?? null, std?.[band] ?? null];
    if (value === null || spread === null) {
      run = null;
      return;
    }
    if (run === null) {
      run = { upper: [], lower: [] };
      runs.push(run);
    }
    run.upper.push(`${fixed(place(x, wavelength))} ${fixed(place(y, value + spread))}`);
    run.lower.push(`${fixed(place(x, wavelength))} ${fixed(place(y, value - spread))}`);
  });
  return runs
    .filter(({ upper }) => upper.length > 1)
    .map(({ upper, lower }) => `M${upper.join("L")}L${lower.reverse().join("L")}Z`)
    .join("");
}

/** Lowest mean - std and highest mean + std of all series between two wavelengths. */
export function extent(
  all: readonly Series[],
  from: number,
  to: number,
): readonly [number, number] | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { places, mean, std } of all) {
    mean.forEach((value, band) => {
      const at = places[band] ?? 0;
      if (value === null || at < from || at > to) return;
      low = Math.min(low, value - (std?.[band] ?? 0));
      high = Math.max(high, value + (std?.[band] ?? 0));
    });
  }
  return low <= high ? [low, high] : null;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
