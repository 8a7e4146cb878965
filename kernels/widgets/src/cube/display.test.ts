import { describe, expect, test } from "vitest";
import { displaysOf, labelOf, type Series, shown } from "./display";

const R: Series = {
  places: [400, 500, 700, 800],
  mean: [0.1, 0.5, 0.2, null],
  std: [0.01, 0.01, 0.01, null],
};

function numbers(series: Series): (number | null)[] {
  return series.mean.map((value) => value && Number(value.toFixed(6)));
}

describe("a spectrum", () => {
  test("is shown as −log R and K/S by their definitions, gaps kept", () => {
    expect(numbers(shown(R, "reflectance", "absorbance"))).toEqual([1, 0.30103, 0.69897, null]);
    expect(numbers(shown(R, "reflectance", "k_over_s"))).toEqual([4.05, 0.25, 1.6, null]);
  });

  test.each(["absorbance", "k_over_s"] as const)("recorded as %s comes back as R", (quantity) => {
    const recorded = shown(R, "reflectance", quantity);
    const back = shown(recorded, quantity, "reflectance");
    expect(numbers(back)).toEqual([0.1, 0.5, 0.2, null]);
    expect(back.std?.[1]).toBeCloseTo(0.01, 9);
  });

  test.each(["absorbance", "k_over_s"] as const)("has its spread in %s by the slope", (display) => {
    const at = (r: number) =>
      shown({ places: [500], mean: [r], std: [0.01] }, "reflectance", display).mean[0] ?? 0;
    const slope = (at(0.500001) - at(0.499999)) / 0.000002;
    const { std } = shown(R, "reflectance", display);
    expect(std?.[1]).toBeCloseTo(Math.abs(slope) * 0.01, 6);
  });

  test("has no logarithm where R is not positive", () => {
    const dark = { places: [400, 500], mean: [0, -0.01], std: null };
    expect(shown(dark, "reflectance", "absorbance").mean).toEqual([null, null]);
    expect(shown(dark, "reflectance", "k_over_s").mean).toEqual([null, null]);
  });

  test("has the slope of a parabola, also over uneven bands, and none at its ends", () => {
    const places = [400, 410, 440, 500];
    const parabola = { places, mean: places.map((x) => 3 + 2 * x + 0.5 * x * x), std: null };
    const { mean, std } = shown(parabola, "reflectance", "derivative");
    expect(mean[0]).toBeNull();
    expect(mean[1]).toBeCloseTo(412, 6);
    expect(mean[2]).toBeCloseTo(442, 6);
    expect(mean[3]).toBeNull();
    expect(std).toBeNull();
  });

  test("over its continuum is 1 at the hull and the band's depth below it", () => {
    const dip = { places: [400, 500, 700, 800], mean: [0.2, 0.15, 0.25, 0.6], std: null };
    const { mean } = shown(dip, "reflectance", "continuum");
    expect(mean[0]).toBe(1);
    expect(mean[1]).toBeCloseTo(0.15 / 0.3, 9);
    expect(mean[2]).toBeCloseTo(0.25 / 0.5, 9);
    expect(mean[3]).toBe(1);
  });

  test("leaves out bad bands, also under its continuum", () => {
    const spike = { places: [400, 500, 600], mean: [0.2, 9, 0.2], std: null };
    const isGood = (place: number) => place !== 500;
    expect(shown(spike, "reflectance", "continuum", isGood).mean).toEqual([1, null, 1]);
  });
});

describe("the axis", () => {
  test("tells R, −log R and K/S apart", () => {
    const labels = displaysOf("reflectance").map((each) => labelOf(each, "reflectance"));
    expect(new Set(labels).size).toBe(labels.length);
    expect(labels).toContain("−log₁₀ R");
  });

  test.each(["radiance", "raw", "counts", "values"])(
    "of %s offers nothing that needs R",
    (quantity) => {
      expect(displaysOf(quantity)).toEqual(["recorded", "derivative"]);
      expect(labelOf("recorded", quantity)).not.toContain("reflectance");
    },
  );
});
