import { describe, expect, it } from "vitest";
import { spacingOf } from "./spacing";

/** Points of a wavy square of `side` times `side`, one apart. */
function sheet(side: number, shake: (index: number) => number = () => 0): Float32Array {
  return Float32Array.from({ length: side * side * 3 }, (_, at) => {
    const [index, axis] = [Math.floor(at / 3), at % 3];
    const [x, y] = [index % side, Math.floor(index / side)];
    return [x + shake(index), y + shake(index + 7), 3 * Math.sin(x / 9)][axis] ?? 0;
  });
}

describe("the spacing of points", () => {
  it("is that of a regular grid", () => {
    expect(spacingOf(sheet(70))).toBeGreaterThan(0.8);
    expect(spacingOf(sheet(70))).toBeLessThan(1.4);
  });

  it("is about the same when they lie unevenly", () => {
    const shaken = sheet(70, (index) => ((index * 7919) % 101) / 101);
    expect(spacingOf(shaken)).toBeGreaterThan(0.8);
    expect(spacingOf(shaken)).toBeLessThan(1.5);
  });

  it("grows with the cloud", () => {
    const large = sheet(70).map((value) => value * 50);
    expect(spacingOf(large) / spacingOf(sheet(70))).toBeCloseTo(50, 0);
  });

  it("is not spoilt by a point far away", () => {
    const strayed = Float32Array.from([...sheet(70), 2000, 0, 0]);
    expect(spacingOf(strayed)).toBeLessThan(1.5);
  });

  it("is the length of what has no area, and nothing in one place", () => {
    expect(spacingOf(new Float32Array([5, 5, 5]))).toBe(0);
    expect(spacingOf(new Float32Array([5, 5, 5, 5, 5, 5]))).toBe(0);
    expect(spacingOf(new Float32Array([0, 0, 0, 8, 0, 0]))).toBeGreaterThan(0);
  });
});
