/** What an annotation is: a point, a line or a polygon on the surface, and what people say there. */
import type { Author, Entry, EntryKind, Reply } from "../../host";
import type { CameraState, Vector } from "../scene";

export type Shape = "point" | "line" | "polygon";
export type Status = "open" | "resolved";

/** Where an annotation that was brought in from a dataset comes from. */
export interface Origin {
  readonly version: number;
  readonly author?: Author;
  readonly created?: string;
}

export interface Annotation extends Entry {
  readonly shape: Shape;
  /** Metres in the scan's own frame. */
  readonly points: readonly Vector[];
  readonly status: Status;
  readonly tags: readonly string[];
  readonly camera: CameraState | null;
  /** Version of the dataset that it was drawn on. */
  readonly version: number;
  /** How far it lies off this version's surface, in metres, if that needs a look; else null. */
  readonly moved_m: number | null;
  readonly origin: Origin | null;
}

export const MAX_ANNOTATIONS = 10_000;
export const MAX_POINTS = 1_000;
export const MAX_BODY = 20_000;
export const MAX_TAGS = 30;
export const MAX_TAG = 80;
export const MAX_REPLIES = 500;
const MAX_ID = 64;
const LEAST_POINTS: Readonly<Record<Shape, number>> = { point: 1, line: 2, polygon: 3 };
const STATUSES: readonly unknown[] = ["open", "resolved"];

export const ANNOTATIONS: EntryKind<Annotation> = { name: "annotations", is: isAnnotation };

/** A new annotation, without a word yet. */
export function makeAnnotation(
  shape: Shape,
  points: readonly Vector[],
  camera: CameraState,
  version: number,
): Annotation {
  return {
    id: crypto.randomUUID(),
    shape,
    points: points.map(([x, y, z]) => [x, y, z] as const),
    body: "",
    status: "open",
    tags: [],
    camera,
    version,
    moved_m: null,
    origin: null,
    replies: [],
  };
}

/** How many points a shape needs. */
export function leastPoints(shape: Shape): number {
  return LEAST_POINTS[shape];
}

/** Whether `value`, which may come from anywhere, is an annotation. */
export function isAnnotation(value: unknown): value is Annotation {
  if (!isRecord(value)) return false;
  return (
    isText(value.id, MAX_ID) &&
    value.id !== "" &&
    isText(value.body, MAX_BODY * 2) && // two people may both have typed up to the limit
    STATUSES.includes(value.status) &&
    Number.isInteger(value.version) &&
    (value.moved_m === null || Number.isFinite(value.moved_m)) &&
    (value.origin === null || (isRecord(value.origin) && Number.isInteger(value.origin.version))) &&
    isPlaced(value) &&
    isListOf(value.tags, MAX_TAGS, (tag) => isText(tag, MAX_TAG)) &&
    isListOf(value.replies, MAX_REPLIES, isReply) &&
    (value.camera === null || isCamera(value.camera))
  );
}

/** The tags in a text with commas between them. */
export function readTags(text: string): readonly string[] {
  const tags = text.split(",").map((tag) => tag.trim().replace(/\s+/g, " ").slice(0, MAX_TAG));
  return [...new Set(tags.filter((tag) => tag !== ""))].slice(0, MAX_TAGS);
}

/** Where the marker of an annotation stands: the middle of a polygon's corners lies off it. */
export function placeOf({ points }: Annotation): Vector {
  return points[0] ?? [0, 0, 0];
}

function isPlaced({ shape, points }: Readonly<Record<string, unknown>>): boolean {
  if (shape !== "point" && shape !== "line" && shape !== "polygon") return false;
  if (!isListOf(points, MAX_POINTS, isVector)) return false;
  const { length } = points as unknown[];
  return shape === "point" ? length === 1 : length >= LEAST_POINTS[shape];
}

function isCamera(value: unknown): value is CameraState {
  if (!isRecord(value)) return false;
  const numbers = [value.azimuth, value.elevation, value.distance];
  return (
    numbers.every(Number.isFinite) &&
    (value.distance as number) > 0 &&
    isVector(value.target) &&
    typeof value.isOrthographic === "boolean"
  );
}

function isReply(value: unknown): value is Reply {
  return isRecord(value) && isText(value.id, MAX_ID) && isText(value.body, MAX_BODY);
}

function isVector(value: unknown): value is Vector {
  return Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value.length <= most;
}

function isListOf(value: unknown, most: number, is: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= most && value.every(is);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
