/**
 * A region of the image: what a person drew, as it is shared, sent and exported.
 *
 * Coordinates are pixels with fractions from the image's upper left corner, y down. The
 * server decides which pixels belong to it (museion_datasets/regions.py).
 */
import type { ListKind, Signed, ViewSpec } from "../host";
import type { Point, Size } from "./viewport";

export const SHAPES = ["rectangle", "polygon", "brush", "line"] as const;
export type Shape = (typeof SHAPES)[number];
export type Vertex = readonly [number, number];

export const MAX_POINTS = 300;
export const MAX_REGIONS = 200;
export const LEAST_POINTS: Readonly<Record<Shape, number>> = {
  rectangle: 2,
  polygon: 3,
  brush: 1,
  line: 2,
};

export interface Region extends Signed {
  readonly id: string;
  readonly shape: Shape;
  /** Two corners, the vertices, or a line's points; a brush has one part for each stroke. */
  readonly parts: readonly (readonly Vertex[])[];
  /** Of the brush, in pixels; 0 for the others. */
  readonly radius: number;
  readonly label: string;
}

export const REGIONS: ListKind<Region> = {
  trait: "regions",
  is: isRegion,
  keyOf: (region) => region.id,
};

export function isRegion(value: unknown): value is Region {
  if (typeof value !== "object" || value === null) return false;
  const { id, shape, parts, radius, label } = value as Record<string, unknown>;
  if (typeof id !== "string" || id === "" || typeof label !== "string") return false;
  if (!SHAPES.includes(shape as Shape) || !isNumber(radius) || radius < 0) return false;
  return Array.isArray(parts) && parts.length > 0 && fits(shape as Shape, parts);
}

/** As an argument of the server's `region` and `profile`. */
export function shapeText({ shape, radius, parts }: Region): string {
  const strokes = parts.map((part) => part.map(([x, y]) => `${short(x)},${short(y)}`).join(";"));
  return `${shape}:${short(radius)}:${strokes.join("/")}`;
}

/** To hundredths of a pixel, inside the image. */
export function vertexAt({ x, y }: Point, image: Size): Vertex {
  const clamp = (value: number, most: number) => round(Math.min(Math.max(value, 0), most));
  return [clamp(x, image.width), clamp(y, image.height)];
}

/** A rectangle of whole pixels: it holds every pixel that either corner lies in. */
export function wholePixels(a: Vertex, b: Vertex, image: Size): [Vertex, Vertex] {
  const span = (from: number, to: number, most: number): [number, number] => {
    const low = Math.min(Math.floor(Math.min(from, to)), most - 1);
    return [low, Math.max(Math.min(Math.ceil(Math.max(from, to)), most), low + 1)];
  };
  const [left, right] = span(a[0], b[0], image.width);
  const [top, bottom] = span(a[1], b[1], image.height);
  return [
    [left, top],
    [right, bottom],
  ];
}

/** A stroke with as few points as its shape needs, and never more than `most`. */
export function thinned(
  stroke: readonly Vertex[],
  radius: number,
  most = MAX_POINTS,
): readonly Vertex[] {
  let apart = Math.max(radius / 4, 0.5);
  let kept = everyApart(stroke, apart);
  while (kept.length > most) {
    apart *= 1.5;
    kept = everyApart(stroke, apart);
  }
  return kept;
}

/** Regions as GeoJSON; where it says what its coordinates are, since they are no degrees. */
export function toGeoJson(
  spec: ViewSpec,
  pixelSizeMm: number | null,
  regions: readonly { region: Region; mark: string; color: string; count: number | null }[],
): string {
  const { dataset, dataset_version, item, synthetic } = spec;
  const coordinates = "pixels from the upper left corner of the image, y down";
  const features = regions.map(({ region, mark, color, count }) => ({
    type: "Feature",
    id: region.id,
    geometry: geometryOf(region),
    properties: {
      label: region.label,
      mark,
      stroke: color,
      shape: region.shape,
      ...(region.shape === "brush" ? { radius_px: region.radius, strokes: region.parts } : {}),
      ...(count === null ? {} : { pixels: count }),
      ...(region.author ? { author: region.author.name } : {}),
    },
  }));
  const museion = {
    dataset,
    dataset_version,
    item,
    synthetic,
    coordinates,
    pixel_size_mm: pixelSizeMm,
  };
  return `${JSON.stringify({ type: "FeatureCollection", museion, features }, null, 1)}\n`;
}

const CAP_STEPS = 12; // corners of a brush's round end

function geometryOf({ shape, parts, radius }: Region): object {
  const first = parts[0] ?? [];
  switch (shape) {
    case "rectangle": {
      const [[left, top], [right, bottom]] = [first[0] ?? [0, 0], first[1] ?? [0, 0]];
      const corners: Vertex[] = [
        [left, top],
        [right, top],
        [right, bottom],
        [left, bottom],
      ];
      return { type: "Polygon", coordinates: [closed(corners)] };
    }
    case "polygon":
      return { type: "Polygon", coordinates: [closed(first)] };
    case "line":
      return { type: "LineString", coordinates: first };
    case "brush": {
      const geometries = parts.flatMap((stroke) =>
        segments(stroke).map(([a, b]) => ({
          type: "Polygon",
          coordinates: [closed(capsule(a, b, radius))],
        })),
      );
      return { type: "GeometryCollection", geometries };
    }
  }
}

function segments(stroke: readonly Vertex[]): [Vertex, Vertex][] {
  const [only] = stroke;
  if (stroke.length === 1 && only) return [[only, only]];
  return stroke.slice(1).map((to, index) => [stroke[index] ?? to, to]);
}

/** The outline of what a round brush covers between two points. */
function capsule(a: Vertex, b: Vertex, radius: number): Vertex[] {
  const along = Math.atan2(b[1] - a[1], b[0] - a[0]);
  const cap = (centre: Vertex, from: number) =>
    Array.from({ length: CAP_STEPS + 1 }, (_, step): Vertex => {
      const angle = from + (Math.PI * step) / CAP_STEPS;
      return [
        round(centre[0] + radius * Math.cos(angle)),
        round(centre[1] + radius * Math.sin(angle)),
      ];
    });
  return [...cap(b, along - Math.PI / 2), ...cap(a, along + Math.PI / 2)];
}

function closed(ring: readonly Vertex[]): Vertex[] {
  const [start] = ring;
  return start ? [...ring, start] : [];
}

function everyApart(stroke: readonly Vertex[], apart: number): Vertex[] {
  const kept: Vertex[] = [];
  stroke.forEach((point, index) => {
    const last = kept.at(-1);
    const isEnd = index === stroke.length - 1 && index > 0;
    const reach = last && Math.hypot(point[0] - last[0], point[1] - last[1]);
    if (reach === undefined || reach >= apart || (isEnd && reach > 0)) kept.push(point);
  });
  return kept;
}

function fits(shape: Shape, parts: readonly unknown[]): boolean {
  if (shape !== "brush" && parts.length !== 1) return false;
  const points = parts.reduce<number>(
    (sum, part) => sum + (Array.isArray(part) ? part.length : 0),
    0,
  );
  const isPart = (part: unknown) =>
    Array.isArray(part) && part.length >= LEAST_POINTS[shape] && part.every(isVertex);
  return points <= MAX_POINTS && parts.every(isPart);
}

function isVertex(value: unknown): value is Vertex {
  return Array.isArray(value) && value.length === 2 && value.every(isNumber);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function short(value: number): string {
  return String(round(value));
}
