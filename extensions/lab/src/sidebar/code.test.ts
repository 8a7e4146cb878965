import { describe, expect, test } from "vitest";
import { openingCode, variableFor } from "./code";

describe("the line that opens a dataset", () => {
  test.each([
    ["murals/panel", "panel"],
    ["murals/east-wall", "east_wall"],
    ["murals/2019-survey", "dataset_2019_survey"],
    ["murals/class", "class_"],
    ["murals/museion", "museion_"],
  ])("%s becomes the variable %s", (path, name) => {
    expect(variableFor(path)).toBe(name);
  });

  test("imports museion when no cell does", () => {
    expect(openingCode("murals/panel", ["import numpy as np"])).toBe(
      'import museion\n\npanel = museion.open("murals/panel")',
    );
  });

  test("does not import twice", () => {
    const sources = ["# Title", "import numpy\nimport museion"];
    expect(openingCode("murals/panel", sources)).toBe('panel = museion.open("murals/panel")');
  });

  test("is not fooled by a module of a similar name", () => {
    expect(openingCode("murals/panel", ["import museion_extra"])).toContain("import museion\n");
  });
});
