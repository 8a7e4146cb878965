/** What members tell each other while they look at one scan: camera, pointer, whom they follow. */
import type { Companion } from "../../host";
import type { CameraState, Vector } from "../scene";

/** Told to the others, and stored nowhere. */
export interface Told {
  readonly camera: CameraState;
  /** The point of the surface under the pointer, in metres; null: none, or not shown. */
  readonly pointer: Vector | null;
  /** The window whose camera is followed. */
  readonly follows: number | null;
}

/** Another window, with what it told. */
export interface Looker extends Omit<Companion, "told"> {
  readonly told: Told;
}

const SAME = 1e-6;

/** Those whose word can be understood; somebody with two windows is told apart by number. */
export function lookersOf(companions: readonly Companion[]): readonly Looker[] {
  const understood = companions.filter((each): each is Looker => isTold(each.told));
  const ordered = [...understood].sort((a, b) => a.client - b.client);
  const met = new Map<string, number>();
  return ordered.map((each) => {
    const number = (met.get(each.name) ?? 0) + 1;
    met.set(each.name, number);
    return number === 1 ? each : { ...each, name: `${each.name} (${number})` };
  });
}

/** Whether two cameras show the same, but for rounding. */
export function isSameCamera(a: CameraState, b: CameraState): boolean {
  const reach = Math.max(a.distance, b.distance) * SAME;
  return (
    a.isOrthographic === b.isOrthographic &&
    Math.abs(a.azimuth - b.azimuth) < SAME * 360 &&
    Math.abs(a.elevation - b.elevation) < SAME * 360 &&
    Math.abs(a.distance - b.distance) < reach &&
    a.target.every((value, axis) => Math.abs(value - (b.target[axis] ?? 0)) < reach)
  );
}

function isTold(value: unknown): value is Told {
  if (typeof value !== "object" || value === null) return false;
  const { camera, pointer, follows } = value as Partial<Told>;
  return (
    isCamera(camera) &&
    (pointer === null || isVector(pointer)) &&
    (follows === null || Number.isInteger(follows))
  );
}

function isCamera(value: unknown): value is CameraState {
  if (typeof value !== "object" || value === null) return false;
  const { azimuth, elevation, distance, target, isOrthographic } = value as Partial<CameraState>;
  const isPlaced = isNumber(azimuth) && isNumber(elevation) && isNumber(distance) && distance > 0;
  return isPlaced && isVector(target) && typeof isOrthographic === "boolean";
}

function isVector(value: unknown): value is Vector {
  return Array.isArray(value) && value.length === 3 && value.every(isNumber);
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
