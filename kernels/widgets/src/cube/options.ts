/** What a view specification may ask of the cube viewer, checked before it is believed. */
import type { Pick, ViewSpec } from "../host";
import type { CubeInfo, Style } from "./api";
import { type ControlPoint, isControlPoint } from "./control_points";
import { MAX_RADIUS_PX } from "./controls";
import { type ElementLine, readLines } from "./element_lines";
import { finite, readStyle } from "./layer_options";
import { isRegion, type Region } from "./region";

const DEFAULT_RADIUS_PX = 3;

export interface CubeOptions {
  readonly style: Style;
  readonly radius: number;
  readonly picks: readonly Pick[];
  readonly regions: readonly Region[];
  readonly lines: readonly ElementLine[];
}

export function readOptions(spec: ViewSpec, info: CubeInfo): CubeOptions {
  const options = spec.options ?? {};
  const radius = finite(options.radius) ?? DEFAULT_RADIUS_PX;
  return {
    style: readStyle(options, info),
    radius: Math.min(Math.max(Math.round(radius), 0), MAX_RADIUS_PX),
    picks: Array.isArray(options.picks) ? options.picks.filter(isPick) : [],
    lines: readLines(options.lines),
    regions: Array.isArray(options.regions) ? options.regions.filter(isRegion) : [],
  };
}

/** Control points that were there when the view was made. */
export function readPoints({ options }: ViewSpec): readonly ControlPoint[] {
  const points = options?.control_points;
  return Array.isArray(points) ? points.filter(isControlPoint) : [];
}

export function isPick(value: unknown): value is Pick {
  if (typeof value !== "object" || value === null) return false;
  const { x, y, radius, label } = value as Record<string, unknown>;
  return [x, y, radius].every(Number.isInteger) && typeof label === "string";
}
