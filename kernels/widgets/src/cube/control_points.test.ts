import { describe, expect, test } from "vitest";
import { fitPoints, isControlPoint, type Model } from "./control_points";

const MOVING: [number, number][] = [
  [10, 12],
  [80, 15],
  [78, 60],
  [12, 58],
  [40, 33],
];
const FIXED: [number, number][] = [
  [25, 30],
  [165, 33],
  [164, 124],
  [28, 123],
  [86.5, 72.5],
];
const pairs = (moving: [number, number][], fixed: [number, number][]) =>
  moving.map((each, index) => ({ moving: each, fixed: fixed[index] ?? each }));
const POINTS = pairs(MOVING, FIXED);

describe("a transform by control points", () => {
  // What museion.imaging.registration.register_points finds for the same points.
  test.each<[Model, number[], number, number]>([
    ["translation", [1, 0, 49.7, 0, 1, 40.9], 37.627118, 47.033897],
    [
      "similarity",
      [2.024075, 0.038154, 3.282421, -0.038154, 2.024075, 6.121725],
      1.256636,
      2.078636,
    ],
    ["affine", [2.026742, 0.020132, 3.806659, -0.045989, 2.020411, 6.596858], 1.172961, 3.371908],
  ])("of the kind %s is Python's", (model, rows, rms, error) => {
    const found = fitPoints(POINTS, model);
    rows.forEach((each, index) => {
      expect(found?.rows[index]).toBeCloseTo(each, 5);
    });
    expect(found?.rms).toBeCloseTo(rms, 5);
    expect(found?.error).toBeCloseTo(error, 5);
  });

  test("says of each point by how much it is missed", () => {
    const found = fitPoints(POINTS, "affine");
    expect(found?.residuals[4]).toBeCloseTo(1.436413, 5);
    expect(found?.leftOut.every((each) => (each ?? 0) > 0)).toBe(true);
  });

  test("has no error from points that just suffice", () => {
    const found = fitPoints(POINTS.slice(0, 3), "affine");
    expect(found?.rms).toBeCloseTo(0, 9);
    expect(found?.error).toBeNull();
  });

  test.each<[string, [number, number][], [number, number][]]>([
    ["too few", MOVING.slice(0, 2), FIXED.slice(0, 2)],
    [
      "on a line in the layer",
      [
        [0, 0],
        [1, 1],
        [5, 5],
      ],
      FIXED.slice(0, 3),
    ],
    [
      "on a line in the base",
      MOVING.slice(0, 3),
      [
        [0, 0],
        [1, 1],
        [5, 5],
      ],
    ],
    [
      "all at one place",
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      FIXED.slice(0, 3),
    ],
  ])("is not found from points that are %s", (_, moving, fixed) => {
    expect(fitPoints(pairs(moving, fixed), "affine")).toBeNull();
  });
});

test.each([
  ["no place", { moving: [1] }, false],
  ["a place that is nowhere", { fixed: [1, Number.NaN] }, false],
  ["no id", { id: "" }, false],
  ["an author", { author: { username: "a", name: "A" } }, true],
])("a point from outside with %s", (_, change, isOne) => {
  const point = { id: "p", layer: "murals/maps/xrf", moving: [1, 2], fixed: [3, 4] };
  expect(isControlPoint({ ...point, ...change })).toBe(isOne);
});
