/**
 * The ways to show a spectrum: as recorded, R, −log R, K/S, derivative, continuum removed.
 *
 * Spread follows the mean to first order (σ of f(R) is |f′(R)| σ), as K/S and −log R are
 * not linear; a derivative has none, since neighbouring bands are not independent. Bands
 * marked as bad, and values for which a quantity does not exist (a logarithm of 0 or less),
 * become gaps.
 *
 * References: P. Kubelka, J. Opt. Soc. Am. 38 (1948) 448 (K/S); R. N. Clark and T. L. Roush,
 * J. Geophys. Res. 89 (1984) 6329 (continuum removal).
 */
export type Values = readonly (number | null)[];

/** A spectrum that can be drawn. */
export interface Series {
  readonly places: readonly number[];
  readonly mean: Values;
  /** None where it is not known. */
  readonly std: Values | null;
}

export const DISPLAYS = [
  "recorded",
  "reflectance",
  "absorbance",
  "k_over_s",
  "derivative",
  "continuum",
] as const;
export type Display = (typeof DISPLAYS)[number];

/** Quantities from which reflectance can be had. */
const OPTICAL = ["reflectance", "absorbance", "k_over_s"];

/** Which displays make sense for a quantity. Nothing that is not reflectance is taken for it. */
export function displaysOf(quantity: string): readonly Display[] {
  if (quantity === "reflectance") return DISPLAYS.filter((each) => each !== "recorded");
  if (OPTICAL.includes(quantity)) return DISPLAYS.filter((each) => each !== "recorded");
  return ["recorded", "derivative"];
}

/** What a cube's own quantity is called among the displays. */
export function displayOf(quantity: string): Display {
  return OPTICAL.includes(quantity) ? (quantity as Display) : "recorded";
}

const NAMES: Readonly<Record<string, string>> = {
  reflectance: "reflectance R",
  absorbance: "−log₁₀ R",
  k_over_s: "K/S = (1 − R)² / 2R",
  continuum: "R / continuum",
  raw: "raw counts",
  k_over_s_recorded: "K/S",
  values: "values (quantity not stated)",
};

/** What stands at the axis: never left out, so that R, −log R and K/S are not mixed up. */
export function labelOf(display: Display, quantity: string, units = "nm"): string {
  if (display === "recorded") return NAMES[quantity] ?? quantity;
  if (display !== "derivative") return NAMES[display] ?? display;
  return OPTICAL.includes(quantity)
    ? "dR/dλ in 1/nm"
    : `slope of ${NAMES[quantity] ?? quantity} per ${units || "channel"}`;
}

/** A spectrum of `quantity` as `display` shows it. */
export function shown(
  series: Series,
  quantity: string,
  display: Display,
  isGood: (place: number) => boolean = () => true,
): Series {
  const good = withoutBad(series, isGood);
  if (display === "recorded" || display === quantity) return good;
  const reflectance = OPTICAL.includes(quantity) ? toReflectance(good, quantity) : good;
  switch (display) {
    case "reflectance":
      return reflectance;
    case "absorbance":
      return mapped(
        reflectance,
        (r) => -Math.log10(r),
        (r) => 1 / (r * Math.LN10),
        isPositive,
      );
    case "k_over_s":
      return mapped(
        reflectance,
        (r) => (1 - r) ** 2 / (2 * r),
        (r) => (r * r - 1) / (2 * r * r),
        isPositive,
      );
    case "derivative":
      return derivative(reflectance);
    case "continuum":
      return continuumRemoved(reflectance);
  }
}

function withoutBad({ places, mean, std }: Series, isGood: (place: number) => boolean): Series {
  const gap = (values: Values) =>
    values.map((value, band) => (isGood(places[band] ?? 0) ? value : null));
  return { places, mean: gap(mean), std: std && gap(std) };
}

function toReflectance(series: Series, quantity: string): Series {
  if (quantity === "absorbance") {
    return mapped(
      series,
      (a) => 10 ** -a,
      (a) => -Math.LN10 * 10 ** -a,
    );
  }
  if (quantity !== "k_over_s") return series;
  const root = (q: number) => Math.sqrt(q * q + 2 * q);
  return mapped(
    series,
    (q) => 1 + q - root(q),
    (q) => 1 - (q + 1) / root(q),
    isPositive,
  );
}

function mapped(
  { places, mean, std }: Series,
  change: (value: number) => number,
  slope: (value: number) => number,
  isDefined: (value: number) => boolean = () => true,
): Series {
  const has = (value: number | null | undefined): value is number =>
    value !== null && value !== undefined && isDefined(value);
  const spread = (own: number | null, band: number): number | null => {
    const value = mean[band];
    return has(value) && own !== null ? Math.abs(slope(value)) * own : null;
  };
  return {
    places,
    mean: mean.map((value) => (has(value) ? change(value) : null)),
    std: std === null ? null : std.map(spread),
  };
}

function isPositive(value: number): boolean {
  return value > 0;
}

/** Slope of the parabola through each band and its two neighbours; bands may lie unevenly. */
function derivative({ places, mean }: Series): Series {
  const known = knownBands(places, mean);
  const slopes: (number | null)[] = mean.map(() => null);
  known.forEach((middle, index) => {
    const [left, right] = [known[index - 1], known[index + 1]];
    if (left === undefined || right === undefined) return;
    const [before, after] = [middle.x - left.x, right.x - middle.x];
    const [first, second] = [(middle.y - left.y) / before, (right.y - middle.y) / after];
    slopes[middle.band] = (after * first + before * second) / (before + after);
  });
  return { places, mean: slopes, std: null };
}

function continuumRemoved({ places, mean, std }: Series): Series {
  const hull = upperHull(knownBands(places, mean));
  const over = (band: number): number | null => {
    const value = hullAt(hull, places[band] ?? 0);
    return value !== null && value > 0 ? value : null;
  };
  const divide = (values: Values) =>
    values.map((value, band) => {
      const continuum = over(band);
      return value === null || continuum === null ? null : value / continuum;
    });
  return { places, mean: divide(mean), std: std && divide(std) };
}

interface Known {
  readonly band: number;
  readonly x: number;
  readonly y: number;
}

function knownBands(places: readonly number[], values: Values): Known[] {
  return values.flatMap((y, band) => (y === null ? [] : [{ band, x: places[band] ?? 0, y }]));
}

/** The upper convex hull of points in rising order (Andrew's monotone chain). */
function upperHull(points: readonly Known[]): Known[] {
  const hull: Known[] = [];
  for (const point of points) {
    while (hull.length > 1 && !turnsRight(hull.at(-2), hull.at(-1), point)) hull.pop();
    hull.push(point);
  }
  return hull;
}

function turnsRight(a: Known | undefined, b: Known | undefined, c: Known): boolean {
  if (!a || !b) return true;
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) < 0;
}

function hullAt(hull: readonly Known[], x: number): number | null {
  for (let index = 1; index < hull.length; index += 1) {
    const [left, right] = [hull[index - 1], hull[index]];
    if (!left || !right || x < left.x || x > right.x) continue;
    return left.y + ((x - left.x) / (right.x - left.x)) * (right.y - left.y);
  }
  return null;
}
