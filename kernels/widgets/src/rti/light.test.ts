import { describe, expect, it } from "vitest";
import { groupsOf, weightsOf } from "./basis";
import {
  directionOf,
  halfwayOf,
  isSavedLight,
  lightAbove,
  nudge,
  steady,
  type Vector,
} from "./light";
import { DEFAULT_LIGHT, readOptions } from "./options";

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe("a light", () => {
  it("stands where its angles say", () => {
    expect(directionOf({ azimuth: 90, elevation: 30 })[1]).toBeCloseTo(Math.sqrt(0.75));
    expect(directionOf({ azimuth: 0, elevation: 90 })[2]).toBeCloseTo(1);
  });

  it.each([
    [0.5, 0, 0, 60],
    [0, 0.5, 90, 60],
    [-3, 0, 180, 2],
    [0, 0, 90, 90],
  ])("above %d, %d of the disc comes from %d°, %d° high", (x, y, azimuth, elevation) => {
    const light = lightAbove(x, y);
    expect(light.azimuth).toBeCloseTo(azimuth);
    expect(light.elevation).toBeCloseTo(elevation);
  });

  it("goes across the zenith to the other side", () => {
    const moved = nudge({ azimuth: 180, elevation: 88 }, 0.2, 0);
    expect(moved.azimuth % 360).toBeCloseTo(0, 0);
    expect(moved.elevation).toBeLessThan(88);
  });

  it("never sinks below the surface", () => {
    expect(steady({ azimuth: -90, elevation: -40 })).toEqual({ azimuth: 270, elevation: 2 });
  });

  it("halves the way to the camera for a mirror", () => {
    const [x, y, z] = halfwayOf({ azimuth: 0, elevation: 30 });
    expect([x, y, z].map((each) => Math.round(each * 1000))).toEqual([500, 0, 866]);
  });

  it.each([
    [{ label: "a", azimuth: 1, elevation: 2 }, true],
    [{ label: "", azimuth: 1, elevation: 2 }, false],
    [{ label: "a", azimuth: "1", elevation: 2 }, false],
    [{ label: "a", azimuth: 1, elevation: -2 }, false],
    [null, false],
  ])("%j is one that was saved: %s", (value, expected) => {
    expect(isSavedLight(value)).toBe(expected);
  });
});

describe("a basis", () => {
  it("of a polynomial is Malzbender's", () => {
    expect(weightsOf("ptm_lrgb", 6, [0.5, -0.25, 0.8])).toEqual([
      0.25, 0.0625, -0.125, 0.5, -0.25, 1,
    ]);
  });

  it("of harmonics has the first term everywhere alike", () => {
    const lights: Vector[] = [0, 30, 60, 90].map((e) => directionOf({ azimuth: 40, elevation: e }));
    for (const light of lights) {
      expect(weightsOf("hsh", 4, light)[0]).toBeCloseTo(1 / Math.sqrt(2 * Math.PI));
    }
  });

  it("of harmonics sums to the value that orthonormal functions have", () => {
    // Unsöld: the squares of each order add up to (2 l + 1) / 2π.
    const weights = weightsOf("hsh", 16, directionOf({ azimuth: 77, elevation: 33 }));
    for (const [order, start] of [0, 1, 4, 9].entries()) {
      const squares = weights.slice(start, start + 2 * order + 1).map((each) => each * each);
      expect(sum(squares)).toBeCloseTo((2 * order + 1) / (2 * Math.PI));
    }
  });

  it("has the normal as its last group", () => {
    expect([groupsOf("ptm_lrgb", 6), groupsOf("ptm_rgb", 6), groupsOf("hsh", 9)]).toEqual([
      4, 7, 10,
    ]);
  });
});

describe("options", () => {
  it("are believed where they are what they should be", () => {
    const light = { azimuth: 200, elevation: 12 };
    const options = readOptions({ light, look: "gloss", gloss: { exponent: 20 }, raking: 8 });
    expect(options).toMatchObject({ light, look: "gloss", raking: 8 });
    expect(options.gloss).toEqual({ diffuse: 0.4, specular: 0.7, exponent: 20 });
  });

  it.each([
    [{ light: { azimuth: 1 } }],
    [{ light: { azimuth: Number.NaN, elevation: 4 } }],
    [{ light: "left" }],
    [undefined],
  ])("%j give the usual light", (options) => {
    expect(readOptions(options).light).toEqual(DEFAULT_LIGHT);
  });
});
