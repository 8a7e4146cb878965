/** What a view specification says about layers and how they look, checked before it is believed. */
import type { ViewSpec } from "../host";
import { type CubeInfo, type ItemAddress, nearestPlace, type Style } from "./api";
import type { MapInfo, MapStyle } from "./map_api";
import { fromRows, IDENTITY, type Matrix } from "./matrix";
import { isCounted } from "./spectral_axis";

type Options = Readonly<Record<string, unknown>>;

export interface LayerOptions extends ItemAddress {
  readonly kind: "cube" | "map";
  readonly name: string;
  /** From the layer's pixels to the base's. */
  readonly toBase: Matrix;
  /** How it looks at first. */
  readonly options: Options;
}

const DEFAULT_RAMP = "viridis";

/** The layers over the base, lowest first; what makes no sense is left out. */
export function readLayers(spec: ViewSpec): LayerOptions[] {
  const layers = spec.options?.layers;
  return Array.isArray(layers) ? layers.flatMap((each) => readLayer(each) ?? []) : [];
}

function readLayer(value: unknown): LayerOptions | null {
  if (typeof value !== "object" || value === null) return null;
  const options = value as Options;
  const { kind, dataset, dataset_version: version, item, name } = options;
  if (typeof dataset !== "string" || typeof item !== "string") return null;
  if (typeof version !== "number" || !Number.isInteger(version)) return null;
  const toBase = options.transform === undefined ? IDENTITY : fromRows(options.transform);
  if (toBase === null || (kind !== "cube" && kind !== "map")) return null;
  const shown = typeof name === "string" && name !== "" ? name : item;
  return { kind, dataset, dataset_version: version, item, name: shown, toBase, options };
}

export function readStyle(options: Options, info: CubeInfo): Style {
  const wanted = numbers(options.wavelengths_nm);
  const first = info.has_daylight ? [] : info.default_rgb;
  const bands = wanted.length === 1 || wanted.length === 3 ? wanted : first;
  const { illuminant } = options;
  const isKnown = typeof illuminant === "string" && info.illuminants.includes(illuminant);
  return {
    bands: bands.map((each) => nearestPlace(info, each)),
    ...readLimits(options),
    ...(isKnown ? { illuminant } : {}),
    ...(isCounted(info.axis) ? { window: Math.max(finite(options.window) ?? 0, 0) } : {}),
  };
}

export function readMapStyle(options: Options, info: MapInfo): MapStyle {
  const plane = info.planes.findIndex(({ name }) => name === options.plane);
  const ramp = info.ramps.find(({ name }) => name === options.colours)?.name;
  return {
    plane: Math.max(plane, 0),
    ramp: ramp ?? info.ramps.find(({ name }) => name === DEFAULT_RAMP)?.name ?? "",
    ...readLimits(options),
  };
}

function readLimits(options: Options): { low: number | null; high: number | null } {
  const [low, high] = [finite(options.low), finite(options.high)];
  return low !== null && high !== null && low < high ? { low, high } : { low: null, high: null };
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((each) => finite(each) !== null) : [];
}

export function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
