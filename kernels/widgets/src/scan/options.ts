/** What a view's specification may ask of the scan viewer, checked. */

export interface ScanOptions {
  /** Degrees around the object; 0 looks from +x, 90 from +y. */
  readonly azimuth: number;
  /** Degrees above the horizon. */
  readonly elevation: number;
  readonly colors: boolean;
  readonly raking: boolean;
  /** Triangles drawn at most, or null to choose by the graphics card. */
  readonly maxTriangles: number | null;
  /** Largest error in pixels that may stay, or null for one. */
  readonly tolerance: number | null;
}

const LEAST_TRIANGLES = 10_000;
const MOST_TOLERANCE = 20;

/** Reads options; anything unknown or out of range becomes the default. */
export function readOptions(options: Readonly<Record<string, unknown>> | undefined): ScanOptions {
  const number = (name: string, otherwise: number): number => {
    const value = options?.[name];
    return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
  };
  const most = number("max_triangles", 0);
  const tolerance = number("tolerance_px", -1);
  return {
    azimuth: number("azimuth", -62),
    elevation: Math.max(-89, Math.min(89, number("elevation", 14))),
    colors: options?.colors !== false,
    raking: options?.raking === true,
    maxTriangles: most >= LEAST_TRIANGLES ? most : null,
    tolerance: tolerance >= 0 && tolerance <= MOST_TOLERANCE ? tolerance : null,
  };
}
