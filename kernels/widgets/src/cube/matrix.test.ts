import { describe, expect, test } from "vitest";
import { apply, boundsOf, compose, fromRows, IDENTITY, invert, ofView, scaleOf } from "./matrix";

const HALF_SIZE = [2, 0, 0, 0, 2, 0, 0, 0, 1];

describe("a transform in a view specification", () => {
  test("counts pixel centres: twice as large puts the first centre between the first four", () => {
    const matrix = fromRows([2, 0, 0.5, 0, 2, 0.5, 0, 0, 1]);
    if (matrix === null) throw new Error("not read");
    expect(apply(matrix, { x: 0, y: 0 })).toEqual({ x: 0, y: 0 }); // corners on corners
    expect(apply(matrix, { x: 10, y: 3 })).toEqual({ x: 20, y: 6 });
  });

  test("moves a centre to where it says", () => {
    const matrix = fromRows([0, -1.5, 40, 1.5, 0, 7, 0, 0, 1]);
    if (matrix === null) throw new Error("not read");
    const centre = apply(matrix, { x: 4.5, y: 9.5 }); // pixel 4, 9
    expect(centre.x - 0.5).toBeCloseTo(-1.5 * 9 + 40);
    expect(centre.y - 0.5).toBeCloseTo(1.5 * 4 + 7);
  });

  test.each([
    ["eight numbers", HALF_SIZE.slice(1)],
    ["a projection", [1, 0, 0, 0, 1, 0, 0.01, 0, 1]],
    ["a line", [1, 2, 0, 2, 4, 0, 0, 0, 1]],
    ["no numbers", [...HALF_SIZE.slice(0, 8), "1"]],
    ["not finite", [...HALF_SIZE.slice(0, 8), Number.NaN]],
    ["rows", [HALF_SIZE]],
    ["nothing", undefined],
  ])("is refused when it is %s", (_, rows) => {
    expect(fromRows(rows)).toBeNull();
  });
});

describe("maps", () => {
  const turned = { a: 0, b: 2, c: -2, d: 0, e: 30, f: -4 };

  test("are undone by their inverse", () => {
    const back = apply(invert(turned), apply(turned, { x: 12.5, y: 7 }));
    expect(back.x).toBeCloseTo(12.5);
    expect(back.y).toBeCloseTo(7);
  });

  test("come one after the other", () => {
    const view = ofView({ x: 100, y: 50, scale: 3 }, { width: 400, height: 300 });
    const point = { x: 8, y: 1 };
    expect(apply(compose(view, turned), point)).toEqual(apply(view, apply(turned, point)));
    expect(compose(IDENTITY, turned)).toEqual(turned);
  });

  test("say how much larger they make", () => {
    expect(scaleOf(turned)).toBe(2);
    expect(boundsOf(turned, { width: 10, height: 5 })).toEqual({
      from: { x: 20, y: -4 },
      to: { x: 30, y: 16 },
    });
  });
});
