/** What a view's specification may ask of the RTI viewer, checked. */
import { isSavedLight, type Light, type SavedLight, steady } from "./light";

export const LOOKS = ["photograph", "gloss", "normals"] as const;
export type Look = (typeof LOOKS)[number];

/** How glossy the surface is made to look. */
export interface Gloss {
  readonly diffuse: number;
  readonly specular: number;
  readonly exponent: number;
}

export interface RtiOptions {
  readonly light: Light;
  readonly look: Look;
  readonly gloss: Gloss;
  readonly raking: number;
  readonly lights: readonly SavedLight[];
}

export const DEFAULT_LIGHT: Light = { azimuth: 135, elevation: 40 };
export const DEFAULT_GLOSS: Gloss = { diffuse: 0.4, specular: 0.7, exponent: 75 };
const DEFAULT_RAKING = 12;

/** Reads options; anything unknown or out of range becomes the default. */
export function readOptions(options: Readonly<Record<string, unknown>> | undefined): RtiOptions {
  const look = LOOKS.find((each) => each === options?.look) ?? "photograph";
  const raking = options?.raking;
  return {
    light: readLight(options?.light),
    look,
    gloss: readGloss(options?.gloss),
    raking: isBetween(raking, 2, 60) ? raking : DEFAULT_RAKING,
    lights: Array.isArray(options?.lights) ? options.lights.filter(isSavedLight) : [],
  };
}

function readLight(value: unknown): Light {
  const { azimuth, elevation } = (value ?? {}) as Record<string, unknown>;
  const isLight = isBetween(azimuth, -360, 360) && isBetween(elevation, 0, 90);
  return isLight ? steady({ azimuth, elevation }) : DEFAULT_LIGHT;
}

function readGloss(value: unknown): Gloss {
  const { diffuse, specular, exponent } = (value ?? {}) as Record<string, unknown>;
  return {
    diffuse: isBetween(diffuse, 0, 1) ? diffuse : DEFAULT_GLOSS.diffuse,
    specular: isBetween(specular, 0, 1) ? specular : DEFAULT_GLOSS.specular,
    exponent: isBetween(exponent, 1, 150) ? exponent : DEFAULT_GLOSS.exponent,
  };
}

function isBetween(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && value >= least && value <= most;
}
