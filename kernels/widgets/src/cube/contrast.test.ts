import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Histogram } from "../generated/histogram";
import { Contrast, type Limits } from "./contrast";
import { drawHistogram, heights, limitsAt } from "./histogram";

const HISTOGRAM: Histogram = {
  low: 0,
  high: 2,
  unit: "",
  channels: [{ name: "950 nm", counts: [0, 16, 4, 1] }],
  percentiles: [
    { percent: 0, value: 0 },
    { percent: 2, value: 0.25 },
    { percent: 98, value: 1.5 },
    { percent: 100, value: 2 },
  ],
  pixels: 21,
  missing: 0,
  level: 0,
};

describe("a histogram", () => {
  test("shows few pixels beside many", () => {
    expect(heights([0, 16, 4, 1])).toEqual([0, 1, 0.5, 0.25]);
    expect(heights([0, 0])).toEqual([0, 0]);
  });

  test("knows the values at percentiles, as far as they were said", () => {
    expect(limitsAt(HISTOGRAM, 2, 98)).toEqual([0.25, 1.5]);
    expect(limitsAt(HISTOGRAM, 5, 95)).toBeNull();
  });

  test("draws the limits where they lie, also beyond its ends", () => {
    const lines = [...drawHistogram(HISTOGRAM, [0.5, 9]).querySelectorAll("line")];
    expect(lines.map((line) => line.getAttribute("x1"))).toEqual(["80", "320"]);
  });
});

describe("the contrast", () => {
  let changes: Limits[];
  let contrast: Contrast;
  const histogram = vi.fn();
  const complain = vi.fn();
  const select = () => {
    const found = contrast.node.querySelector("select");
    if (found === null) throw new Error("no choice");
    return found;
  };
  const choose = (value: string) => {
    select().value = value;
    select().dispatchEvent(new Event("change"));
  };

  beforeEach(() => {
    changes = [];
    histogram.mockReset().mockResolvedValue(HISTOGRAM);
    complain.mockClear();
    contrast = new Contrast({
      histogram,
      automatic: () => [0.1, 0.9],
      change: (limits) => changes.push(limits),
      complain,
    });
    contrast.show({ low: null, high: null }, true);
  });

  test("cuts off percentiles of what is shown", async () => {
    choose("2");
    await vi.waitFor(() => expect(changes).toEqual([{ low: 0.25, high: 1.5 }]));
    expect([...contrast.node.querySelectorAll("input")].map((each) => each.value)).toEqual([
      "0.25",
      "1.5",
    ]);
  });

  test("cuts off anew when another image is shown, and counts it anew", async () => {
    choose("2");
    await vi.waitFor(() => expect(changes).toHaveLength(1));
    contrast.show({ low: 0.25, high: 1.5 }, true);
    await vi.waitFor(() => expect(changes).toHaveLength(2));
    expect(histogram).toHaveBeenCalledTimes(2);
  });

  test("goes back to what the server takes", () => {
    choose("automatic");
    expect(changes).toEqual([{ low: null, high: null }]);
    expect(contrast.node.querySelector("input")?.value).toBe("0.1");
  });

  test("says so when the values cannot be counted, and asks again later", async () => {
    histogram.mockRejectedValueOnce(new Error("gone"));
    choose("2");
    await vi.waitFor(() => expect(complain).toHaveBeenCalledTimes(1));
    expect(changes).toEqual([]);
    choose("0");
    await vi.waitFor(() => expect(changes).toEqual([{ low: 0, high: 2 }]));
  });

  test("unfolds the histogram by a button that says whether it did", async () => {
    const button = contrast.node.querySelector("button");
    button?.click();
    expect(button?.getAttribute("aria-expanded")).toBe("true");
    await vi.waitFor(() => expect(contrast.strip.textContent).toContain("21 pixels counted"));
  });
});
