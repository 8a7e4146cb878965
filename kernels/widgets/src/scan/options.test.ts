import { describe, expect, it } from "vitest";
import { readOptions } from "./options";

describe("options of a view", () => {
  it("takes what makes sense", () => {
    const options = readOptions({
      azimuth: 20,
      elevation: 5,
      max_triangles: 50_000,
      colors: false,
    });
    expect(options).toMatchObject({
      azimuth: 20,
      elevation: 5,
      maxTriangles: 50_000,
      colors: false,
    });
  });

  it("replaces what does not by its default", () => {
    const options = readOptions({ azimuth: "left", elevation: Number.NaN, max_triangles: -4 });
    expect(options).toEqual(readOptions(undefined));
  });

  it("never looks from straight above, where turning has no meaning", () => {
    expect(readOptions({ elevation: 400 }).elevation).toBe(89);
  });
});
