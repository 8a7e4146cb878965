/** The six standard views of an object that stands upright (z up) and faces −y. */

export type ViewName = "front" | "back" | "left" | "right" | "top" | "bottom";

export interface StandardView {
  readonly name: ViewName;
  /** Degrees around the object; 0 looks from +x, 90 from +y. */
  readonly azimuth: number;
  /** Degrees above the horizon. */
  readonly elevation: number;
}

export const STANDARD_VIEWS: readonly StandardView[] = [
  { name: "front", azimuth: -90, elevation: 0 },
  { name: "back", azimuth: 90, elevation: 0 },
  { name: "left", azimuth: 180, elevation: 0 },
  { name: "right", azimuth: 0, elevation: 0 },
  { name: "top", azimuth: -90, elevation: 90 },
  { name: "bottom", azimuth: -90, elevation: -90 },
];
