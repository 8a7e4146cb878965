import { describe, expect, it } from "vitest";
import { formatLength, roundLength } from "./scalebar";

describe("lengths", () => {
  it.each([
    [2.12, "2.12 m"],
    [1, "1 m"],
    [0.05, "5 cm"],
    [0.364, "36.4 cm"],
    [0.002, "2 mm"],
    [0.00002, "20 µm"],
  ])("writes %f m as %s", (metres, text) => {
    expect(formatLength(metres)).toBe(text);
  });

  it.each([
    [0.13, 0.1],
    [0.05, 0.05],
    [0.049, 0.02],
    [1.99, 1],
  ])("rounds %f down to %f", (limit, length) => {
    expect(roundLength(limit)).toBeCloseTo(length, 12);
  });
});
