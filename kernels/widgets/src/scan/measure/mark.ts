/** Measurements as members and the kernel share them, and what the kernel answers. */
import type { ListKind, Signed } from "../../host";
import type { Vector } from "../scene";

export const KINDS = ["distance", "polyline", "geodesic", "angle", "section"] as const;
export type Kind = (typeof KINDS)[number];

export const MAX_MARKS = 200;
export const MAX_POINTS = 500;

/** What is measured between points; coordinates are metres in the scan's frame. */
export interface Mark extends Signed {
  readonly id: string;
  readonly kind: Kind;
  readonly label: string;
  /** Ends, points of a line, or first side, apex and second side of an angle. */
  readonly points: readonly Vector[];
  /** A direction in the plane of a section through two points; away from the surface at a geodesic. */
  readonly along: Vector | null;
  /** How far the points may be off the measured surface, for they were put on a simplified one. */
  readonly within: number;
}

/** One value of a measurement in SI units, and as it is read. */
export interface Value {
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  /** Standard uncertainty; null where none is given. */
  readonly uncertainty: number | null;
  readonly text: string;
}

/** What the kernel measured at full resolution, or why it could not. */
export interface Answer extends Signed {
  readonly id: string;
  readonly values: readonly Value[];
  /** How it was measured: names and texts. */
  readonly notes: readonly (readonly [string, string])[];
  readonly trouble: string;
}

export const MARKS: ListKind<Mark> = {
  trait: "measurement_marks",
  is: isMark,
  keyOf: ({ id }) => id,
};

export const ANSWERS: ListKind<Answer> = {
  trait: "measurement_answers",
  is: isAnswer,
  keyOf: ({ id }) => id,
};

/** Least and most points of each kind. */
export const POINTS: Readonly<Record<Kind, readonly [number, number]>> = {
  distance: [2, 2],
  polyline: [2, MAX_POINTS],
  geodesic: [2, 2],
  angle: [3, 3],
  section: [2, 3],
};

export function isMark(value: unknown): value is Mark {
  if (!isObject(value)) return false;
  const { id, kind, label, points, along, within } = value;
  const found = KINDS.find((each) => each === kind);
  if (!found || typeof id !== "string" || id === "" || typeof label !== "string") return false;
  if (!Array.isArray(points) || !points.every(isVector)) return false;
  const [least, most] = POINTS[found];
  const isPlane = found !== "section" || points.length === most || along !== null;
  return (
    points.length >= least &&
    points.length <= most &&
    isPlane &&
    (along === null || isVector(along)) &&
    Number.isFinite(within)
  );
}

function isAnswer(value: unknown): value is Answer {
  if (!isObject(value)) return false;
  const { id, values, notes, trouble } = value;
  return (
    typeof id === "string" &&
    typeof trouble === "string" &&
    Array.isArray(values) &&
    values.every(
      (one) => isObject(one) && [one.name, one.text].every((t) => typeof t === "string"),
    ) &&
    Array.isArray(notes) &&
    notes.every((row) => Array.isArray(row) && row.length === 2)
  );
}

function isVector(value: unknown): value is Vector {
  return Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
