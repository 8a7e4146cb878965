import { describe, expect, test } from "vitest";
import { place, spread, ticks, valueAt } from "./axis";
import { extent, linePath, spreadPath } from "./curves";
import { scaleBar } from "./scale_bar";

const X = { from: 400, to: 1000, start: 50, end: 650 };
const Y = { from: 0, to: 1, start: 300, end: 0 };

describe("axis", () => {
  test("ticks are round and stay inside", () => {
    expect(ticks(400, 1000, 6)).toEqual([400, 500, 600, 700, 800, 900, 1000]);
    expect(ticks(0, 0.87, 4)).toEqual([0, 0.25, 0.5, 0.75]);
    expect(ticks(403.2, 996.1, 4)).toEqual([600, 800]);
  });

  test("place and value undo each other", () => {
    expect(valueAt(X, place(X, 712.5))).toBeCloseTo(712.5);
  });

  test("labels that would overlap move apart evenly", () => {
    expect(spread([100, 101, 300], 14)).toEqual([93.5, 107.5, 300]);
    expect(spread([], 14)).toEqual([]);
  });
});

describe("curves", () => {
  const spectrum = {
    x: 0,
    y: 0,
    radius: 1,
    count: 5,
    coordinate: [400, 600, 800, 1000],
    mean: [0.1, null, 0.5, 0.6],
    std: [0.1, null, 0, 0.1],
  };

  test("a missing band is a gap, not a line through zero", () => {
    const path = linePath(spectrum.coordinate, spectrum.mean, X, Y);
    expect(path).toBe("M50.0 270.0M450.0 150.0L650.0 120.0");
  });

  test("the spread closes around the mean, and has the same gap", () => {
    const { coordinate: places, mean, std } = spectrum;
    const series = { places, mean, std };
    expect(spreadPath(series, X, Y)).toMatch(/^M450\.0 150\.0L650\.0 90\.0L.*Z$/);
    expect(extent([series], 400, 1000)).toEqual([0, 0.7]);
    expect(extent([series], 700, 900)).toEqual([0.5, 0.5]);
    expect(extent([series], 550, 650)).toBeNull();
  });
});

describe("scale bar", () => {
  test.each([
    [0.5, 1, 140, "5 cm", 100],
    [0.5, 10, 140, "5 mm", 100],
    [0.01, 1, 140, "1 mm", 100],
    [0.001, 1, 140, "100 µm", 100],
    [10, 1, 140, "1 m", 100],
  ])("of %f mm pixels at scale %f in %d px reads %s", (size, scale, room, text, pixels) => {
    const bar = scaleBar(size, scale, room);
    expect(bar.text).toBe(text);
    expect(bar.pixels).toBeCloseTo(pixels);
  });
});
