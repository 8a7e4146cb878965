import { describe, expect, test } from "vitest";
import type { Vector } from "../scene";
import type { Crossed } from "../triangles";
import { cutLines, lengthOf, pathBetween, planeOf, planeThrough } from "./cut_lines";
import { meanDirection, preview } from "./preview";

/** A cube of 2 m around the origin, two triangles for each side. */
const CORNERS: readonly Vector[] = [0, 1, 2, 3, 4, 5, 6, 7].map((corner) => [
  corner & 1 ? 1 : -1,
  corner & 2 ? 1 : -1,
  corner & 4 ? 1 : -1,
]);
const SIDES = [
  [0, 2, 3, 1],
  [4, 5, 7, 6],
  [0, 1, 5, 4],
  [2, 6, 7, 3],
  [0, 4, 6, 2],
  [1, 3, 7, 5],
] as const;

const cube: Crossed = (_plane, visit) => {
  for (const [a, b, c, d] of SIDES) {
    const at = (corner: number): Vector => CORNERS[corner] ?? [0, 0, 0];
    visit(at(a), at(b), at(c));
    visit(at(a), at(c), at(d));
  }
};

function named(drawn: Parameters<typeof preview>[0]): Record<string, number | null> {
  const { values } = preview(drawn, cube);
  return Object.fromEntries(values.map(({ name, value }) => [name, value]));
}

describe("a cut of a cube", () => {
  test("is closed, and each place is met from both sides to the bit", () => {
    const segments = cutLines(cube, planeThrough([0, 0, 0.25], [0.1, 0.2, 1]));
    const met = new Map<string, number>();
    for (const end of segments.flat()) met.set(end.join(), (met.get(end.join()) ?? 0) + 1);
    expect([...met.values()].every((times) => times === 2)).toBe(true);
  });

  test("through its middle has the length of its girth", () => {
    const section = { kind: "section", along: [0, 0, 1] } as const;
    const points: Vector[] = [
      [-1, 0.5, 0],
      [1, 0.5, 0],
    ];
    expect(named({ ...section, points }).length).toBeCloseTo(8, 12);
  });

  test("along vertices and sides leaves no gap", () => {
    const segments = cutLines(cube, planeThrough([0, 0, 0], [1, -1, 0]));
    const total = segments.reduce((sum, [a, b]) => sum + lengthOf([a, b]), 0);
    expect(total).toBeCloseTo(4 + 4 * Math.SQRT2, 12);
  });

  test("has a way between two places, the shorter one", () => {
    const segments = cutLines(cube, planeThrough([0, 0, 0], [0, 1, 0]));
    const way = pathBetween(segments, [-1, 0, 0.5], [0.5, 0, 1]);
    expect(way && lengthOf(way)).toBeCloseTo(2, 1);
    expect(pathBetween([], [0, 0, 0], [1, 0, 0])).toBeNull();
  });
});

describe("a preview", () => {
  const a: Vector = [-1, -1, 1];
  const b: Vector = [1, 1, 1];

  test("of a distance has its parts with their signs", () => {
    expect(named({ kind: "distance", points: [b, [0, 0, 0]], along: null })).toEqual({
      distance: Math.sqrt(3),
      dx: -1,
      dy: -1,
      dz: -1,
    });
  });

  test.each([
    ["straight", [0, 1, 0], 180],
    ["right", [1, 0, 0], 90],
    ["almost none", [1e-9, -1, 0], (1e-9 * 180) / Math.PI],
  ] as const)("of an angle is exact: %s", (_name, second, expected) => {
    const points: Vector[] = [[0, -1, 0], [0, 0, 0], second];
    const { angle } = named({ kind: "angle", points, along: null });
    expect(angle).toBeCloseTo(expected, 15);
  });

  test("of a way over the surface is never shorter than the straight one", () => {
    const { length, straight } = named({
      kind: "geodesic",
      points: [
        [-1, 0.25, 0],
        [1, 0.25, 0],
      ],
      along: [0, 0, 1],
    });
    expect(straight).toBeCloseTo(2, 12);
    expect(length).toBeCloseTo(4, 0);
  });

  test("is empty while points are missing, or no plane is determined", () => {
    expect(preview({ kind: "distance", points: [a], along: null }, cube).values).toEqual([]);
    expect(preview({ kind: "angle", points: [a, b], along: null }, cube).values).toEqual([]);
    expect(planeOf([a, b, [0, 0, 1]], null)).toBeNull();
  });

  test("of normals that cancel has no direction", () => {
    expect(
      meanDirection([
        [0, 0, 1],
        [0, 0, -1],
      ]),
    ).toBeNull();
  });
});
