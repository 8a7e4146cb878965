/** What a view specification may ask of the cube viewer, checked before it is believed. */
import type { Pick, ViewSpec } from "../host";
import type { CubeInfo, Style } from "./api";
import { nearestWavelength } from "./api";
import { MAX_RADIUS_PX } from "./controls";

const DEFAULT_RADIUS_PX = 3;

export interface CubeOptions {
  readonly style: Style;
  readonly radius: number;
  readonly picks: readonly Pick[];
}

export function readOptions(spec: ViewSpec, info: CubeInfo): CubeOptions {
  const options = spec.options ?? {};
  const wanted = numbers(options.wavelengths_nm);
  const first = info.has_daylight ? [] : info.default_rgb;
  const bands = wanted.length === 1 || wanted.length === 3 ? wanted : first;
  const [low, high] = [finite(options.low), finite(options.high)];
  const hasLimits = low !== null && high !== null && low < high;
  const radius = finite(options.radius) ?? DEFAULT_RADIUS_PX;
  return {
    style: {
      bands: bands.map((nm) => nearestWavelength(info, nm)),
      low: hasLimits ? low : null,
      high: hasLimits ? high : null,
    },
    radius: Math.min(Math.max(Math.round(radius), 0), MAX_RADIUS_PX),
    picks: Array.isArray(options.picks) ? options.picks.filter(isPick) : [],
  };
}

export function isPick(value: unknown): value is Pick {
  if (typeof value !== "object" || value === null) return false;
  const { x, y, radius, label } = value as Record<string, unknown>;
  return [x, y, radius].every(Number.isInteger) && typeof label === "string";
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((each) => finite(each) !== null) : [];
}

function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
