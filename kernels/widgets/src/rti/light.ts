/** Where the light stands: angles for people, a unit vector for arithmetic, a disc for the hand. */
import type { Signed } from "../host";

export interface Light {
  /** Degrees from the right over the top. */
  readonly azimuth: number;
  /** Degrees above the surface. */
  readonly elevation: number;
}

/** A light worth coming back to. */
export interface SavedLight extends Light, Signed {
  readonly label: string;
}

export type Vector = readonly [number, number, number];

export const LEAST_ELEVATION = 2;
const MOST_ELEVATION = 90;
const DEGREE = Math.PI / 180;

/** Unit vector to the light: x to the right, y up, z to the camera. */
export function directionOf({ azimuth, elevation }: Light): Vector {
  const level = Math.cos(elevation * DEGREE);
  return [
    level * Math.cos(azimuth * DEGREE),
    level * Math.sin(azimuth * DEGREE),
    Math.sin(elevation * DEGREE),
  ];
}

/** The light above a place of the unit disc, x to the right, y up; outside it stays at the rim. */
export function lightAbove(x: number, y: number): Light {
  const reach = Math.min(1, Math.hypot(x, y));
  return steady({
    azimuth: reach === 0 ? 90 : Math.atan2(y, x) / DEGREE,
    elevation: Math.acos(reach) / DEGREE,
  });
}

/** The light moved over the disc, as arrow keys do. */
export function nudge(light: Light, dx: number, dy: number): Light {
  const [x, y] = directionOf(light);
  return lightAbove(x + dx, y + dy);
}

/** With an azimuth from 0 to 360 and an elevation above the surface. */
export function steady({ azimuth, elevation }: Light): Light {
  return {
    azimuth: ((azimuth % 360) + 360) % 360,
    elevation: Math.min(Math.max(elevation, LEAST_ELEVATION), MOST_ELEVATION),
  };
}

/** Half way between the light and the camera: where a mirror would face. */
export function halfwayOf(light: Light): Vector {
  const [x, y, z] = directionOf(light);
  const length = Math.hypot(x, y, z + 1);
  return [x / length, y / length, (z + 1) / length];
}

/** Whether a value from outside is a light that somebody saved. */
export function isSavedLight(value: unknown): value is SavedLight {
  if (typeof value !== "object" || value === null) return false;
  const { label, azimuth, elevation } = value as Record<string, unknown>;
  const areNumbers = [azimuth, elevation].every(Number.isFinite);
  return typeof label === "string" && label !== "" && areNumbers && Number(elevation) >= 0;
}
