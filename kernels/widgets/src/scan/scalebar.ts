/** Lengths as a person reads them. */

const UNITS: readonly (readonly [number, string])[] = [
  [1, "m"],
  [0.01, "cm"],
  [0.001, "mm"],
  [0.000001, "µm"],
];

/** Length in metres, in the unit that keeps it at one or above. */
export function formatLength(metres: number): string {
  const [size, unit] = UNITS.find(([size]) => metres >= size * 0.999) ?? [0.000001, "µm"];
  return `${Number((metres / size).toPrecision(3))} ${unit}`;
}

/** The largest of 1, 2, 5 × 10ⁿ metres that is not longer than `limit`. */
export function roundLength(limit: number): number {
  const power = 10 ** Math.floor(Math.log10(limit));
  const share = limit / power;
  return power * (share >= 5 ? 5 : share >= 2 ? 2 : 1);
}
