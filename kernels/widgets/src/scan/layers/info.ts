/** What is known of a scan's layers, and how one of them is shown. Both come from outside. */
import type { ColourRamp, LayerInfo, ScanLayers } from "../../generated/scan-layers";

export type { ColourRamp, LayerInfo, ScanLayers };

/**
 * `colors`: the map's colours alone. `lit`: with the light. `relief`: hollows darkened and ridges
 * brightened on the surface's own colour. `shade`: the values multiplied into the light.
 */
export const LOOKS = ["colors", "lit", "relief", "shade"] as const;
export type Look = (typeof LOOKS)[number];

/** A layer and how it looks. */
export interface LayerStyle {
  readonly name: string;
  readonly look: Look;
  readonly ramp: string;
  /** Values at the ends of the colours; null for what suits the layer. */
  readonly low: number | null;
  readonly high: number | null;
  /** How strong `relief` and `shade` are; 1 is plain. */
  readonly strength: number;
}

export const STRENGTHS = { least: 0.2, most: 3, step: 0.1, usual: 1 } as const;
export const SEQUENCE = "viridis";
export const DIVERGING = "blue-red";
const USUAL_CUT = 2;

/** The value at a percentage of the vertices; null where it is not said. */
export function percentile(info: LayerInfo, percent: number): number | null {
  return info.percentiles.find(([at]) => at === percent)?.[1] ?? null;
}

/** The values between two percentiles; around the middle, as far to both sides. */
export function limitsAt(info: LayerInfo, cut: number): readonly [number, number] {
  const [first, last] = [info.percentiles[0]?.[1] ?? 0, info.percentiles.at(-1)?.[1] ?? 1];
  const low = percentile(info, cut) ?? first;
  const high = percentile(info, 100 - cut) ?? last;
  if (info.center !== null) {
    const reach = Math.max(Math.abs(low - info.center), Math.abs(high - info.center));
    if (reach > 0) return [info.center - reach, info.center + reach];
  }
  if (low < high) return [low, high];
  return first < last ? [first, last] : [low - 0.5, low + 0.5];
}

/** The limits that a style shows. */
export function limitsOf(info: LayerInfo, style: LayerStyle): readonly [number, number] {
  const [low, high] = limitsAt(info, USUAL_CUT);
  const found = [style.low ?? low, style.high ?? high] as const;
  return found[0] < found[1] ? found : [low, high];
}

/** How a layer looks unless somebody says otherwise. */
export function usualStyle(info: LayerInfo): LayerStyle {
  const looks: Readonly<Record<string, Look>> = {
    relief: "relief",
    curvature: "relief",
    occlusion: "shade",
  };
  return {
    name: info.name,
    look: looks[info.quantity] ?? "lit",
    ramp: info.center === null ? SEQUENCE : DIVERGING,
    low: null,
    high: null,
    strength: STRENGTHS.usual,
  };
}

/** Reads a wish for a style: a name, or an object; null for anything else. */
export function readWish(value: unknown): (Partial<LayerStyle> & { readonly name: string }) | null {
  if (typeof value === "string") return { name: value };
  if (typeof value !== "object" || value === null) return null;
  const { name, look, ramp, low, high, strength } = value as Record<string, unknown>;
  if (typeof name !== "string") return null;
  const range = isNumber(low) && isNumber(high) && low < high ? { low, high } : {};
  return {
    name,
    ...(LOOKS.includes(look as Look) ? { look: look as Look } : {}),
    ...(typeof ramp === "string" ? { ramp } : {}),
    ...range,
    ...(isNumber(strength)
      ? { strength: Math.max(STRENGTHS.least, Math.min(STRENGTHS.most, strength)) }
      : {}),
  };
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** A value as a person reads it, with its unit; lengths in the unit that suits them. */
export function formatValue(info: LayerInfo, value: number, digits = 3): string {
  const { unit, factor } = shownUnit(info);
  const text = shortNumber(value * factor, digits);
  return unit === "" ? text : `${text} ${unit}`;
}

/** The unit in which a layer is shown, and what its values are multiplied with for it. */
export function shownUnit(info: LayerInfo): { readonly unit: string; readonly factor: number } {
  if (info.unit !== "m") return { unit: info.unit, factor: 1 };
  const [low, high] = limitsAt(info, USUAL_CUT);
  const most = Math.max(Math.abs(low), Math.abs(high));
  if (most < 1e-4) return { unit: "µm", factor: 1e6 };
  return most < 1 ? { unit: "mm", factor: 1e3 } : { unit: "m", factor: 1 };
}

/** A number as short as it can be said, with a real minus. */
export function shortNumber(value: number, digits = 3): string {
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}
