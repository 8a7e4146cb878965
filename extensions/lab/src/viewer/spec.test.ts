import { describe, expect, test } from "vitest";
import { heightOf, readSpec, SpecError, viewKey } from "./spec";

const SPEC = {
  version: 1,
  kind: "cube",
  dataset: "murals/panel",
  dataset_version: 1,
  item: "vnir",
  title: "Painted panel",
  synthetic: true,
};

describe("a view's description", () => {
  test("is taken when it says all a viewer needs", () => {
    expect(readSpec(SPEC).dataset).toBe("murals/panel");
  });

  test.each([
    ["nothing", null],
    ["a list", [SPEC]],
    ["an unknown version", { ...SPEC, version: 2 }],
    ["an unknown kind", { ...SPEC, kind: "script" }],
    ["a path out of the dataset", { ...SPEC, item: "../../api/contents" }],
    ["a path that is no dataset", { ...SPEC, dataset: "//evil.example/x" }],
    ["a version that is no number", { ...SPEC, dataset_version: "1" }],
    ["a model that is no text", { ...SPEC, model_id: 3 }],
  ])("is refused when it is %s", (_name, data) => {
    expect(() => readSpec(data)).toThrow(SpecError);
  });

  test.each([
    [undefined, 460],
    [300, 300],
    [5, 120],
    [1e9, 2000],
    [Number.NaN, 460],
  ])("with height %s stands %d px high", (height, expected) => {
    expect(heightOf(height === undefined ? {} : { height })).toBe(expected);
  });

  test("shares its picks under the model, or under what it shows", () => {
    expect(viewKey({ ...readSpec(SPEC), model_id: "m" })).toBe("m");
    expect(viewKey(readSpec(SPEC))).toBe("murals/panel@1/vnir");
  });
});
