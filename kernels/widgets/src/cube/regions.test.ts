import { describe, expect, test, vi } from "vitest";
import type { OverlayPointer } from "./overlay";
import {
  isRegion,
  MAX_POINTS,
  type Region,
  shapeText,
  thinned,
  toGeoJson,
  wholePixels,
} from "./region";
import type { RegionSpectrum } from "./region_api";
import { letters, pooled, RegionList } from "./region_list";
import { type Drawn, RegionTools } from "./region_tools";

const IMAGE = { width: 100, height: 80 };
const SQUARE: Region = {
  id: "a",
  shape: "rectangle",
  parts: [
    [
      [10, 20],
      [30, 40],
    ],
  ],
  radius: 0,
  label: "Sky",
};

function spectrum(count: number, mean: number | null, std: number | null): RegionSpectrum {
  return { count, coordinate: [500], mean: [mean], std: [std] };
}

describe("a region", () => {
  test("is asked for in one argument", () => {
    expect(shapeText(SQUARE)).toBe("rectangle:0:10,20;30,40");
    const brush: Region = {
      ...SQUARE,
      shape: "brush",
      radius: 2.5,
      parts: [[[1, 2]], [[3, 4.567]]],
    };
    expect(shapeText(brush)).toBe("brush:2.5:1,2/3,4.57");
  });

  test("that is a rectangle holds whole pixels, at least one, inside the image", () => {
    expect(wholePixels([10.2, 20.8], [12.5, 20.9], IMAGE)).toEqual([
      [10, 20],
      [13, 21],
    ]);
    expect(wholePixels([100, 80], [100, 80], IMAGE)).toEqual([
      [99, 79],
      [100, 80],
    ]);
  });

  test.each([
    ["no id", { id: "" }],
    ["an unknown shape", { shape: "star" }],
    ["one corner", { parts: [[[1, 2]]] }],
    ["two parts", { parts: [...SQUARE.parts, ...SQUARE.parts] }],
    [
      "a place that is no number",
      {
        parts: [
          [
            [1, Number.NaN],
            [2, 3],
          ],
        ],
      },
    ],
    ["too many points", { shape: "polygon", parts: [Array(MAX_POINTS + 1).fill([1, 2])] }],
    ["a negative radius", { radius: -1 }],
  ])("with %s is none", (_name, change) => {
    expect(isRegion(SQUARE)).toBe(true);
    expect(isRegion({ ...SQUARE, ...change })).toBe(false);
  });

  test("painted for long is thinned to what may be sent, its end kept", () => {
    const stroke = Array.from({ length: 5000 }, (_, at) => [at * 0.7, (at % 7) * 3] as const);
    const thin = thinned(stroke, 1);
    expect(thin.length).toBeLessThanOrEqual(MAX_POINTS);
    expect(thin.at(-1)).toEqual(stroke.at(-1));
  });
});

describe("the list of regions", () => {
  function makeList() {
    const read = vi.fn(async () => spectrum(4, 0.5, 0.1));
    const failed = vi.fn();
    return { read, failed, list: new RegionList(read, () => undefined, failed, null, []) };
  }

  test("keeps letter, colour and spectrum together", async () => {
    const { list } = makeList();
    list.add(SQUARE);
    list.add({ ...SQUARE, shape: "line" });
    await vi.waitFor(() => expect(list.marked[1]?.spectrum?.count).toBe(4));
    expect(list.marked.map(({ mark, region }) => `${mark} ${region.label}`)).toEqual([
      "A Rectangle 1",
      "B Line 1",
    ]);
    expect(list.marked[0]?.color).not.toBe(list.marked[1]?.color);
  });

  test("asks again only for what was drawn anew", () => {
    const { list, read } = makeList();
    const region = list.add(SQUARE);
    list.rename(region?.id ?? "", "Robe");
    expect(read).toHaveBeenCalledTimes(1);
    list.redraw(region?.id ?? "", {
      parts: [
        [
          [0, 0],
          [5, 5],
        ],
      ],
      radius: 0,
    });
    expect(read).toHaveBeenCalledTimes(2);
    expect(list.all[0]?.label).toBe("Robe");
  });

  test("says once what could not be read", async () => {
    const { list, read, failed } = makeList();
    read.mockRejectedValueOnce(new Error("too large"));
    const region = list.add(SQUARE);
    await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce());
    list.rename(region?.id ?? "", "again");
    expect(read).toHaveBeenCalledTimes(1);
  });

  test("has the mean and spread of all its pixels", () => {
    const values = [0.1, 0.3, 0.8];
    const all = [...values.slice(0, 2).map((v) => ({ v })), { v: 0.8 }].map(({ v }) => v);
    const mean = all.reduce((sum, v) => sum + v, 0) / 3;
    const std = Math.sqrt(all.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 3);
    const found = pooled([spectrum(2, 0.2, 0.1), spectrum(1, 0.8, 0), spectrum(9, null, null)]);
    expect(found?.mean[0]).toBeCloseTo(mean, 9);
    expect(found?.std?.[0]).toBeCloseTo(std, 9);
  });

  test("goes on after Z", () => {
    expect([0, 25, 26, 27, 701, 702].map(letters)).toEqual(["A", "Z", "AA", "AB", "ZZ", "AAA"]);
  });
});

describe("GeoJSON", () => {
  const spec = {
    version: 1,
    kind: "cube",
    dataset: "murals/panel",
    dataset_version: 2,
    item: "vnir",
    title: "T",
    synthetic: true,
  } as const;

  function exported(region: Region) {
    return JSON.parse(toGeoJson(spec, 0.25, [{ region, mark: "A", color: "#123456", count: 7 }]));
  }

  test("says what its coordinates are, and closes its rings", () => {
    const { museion, features } = exported(SQUARE);
    expect(museion).toMatchObject({ dataset: "murals/panel", item: "vnir", pixel_size_mm: 0.25 });
    expect(museion.coordinates).toContain("pixels");
    const [ring] = features[0].geometry.coordinates;
    expect(ring).toHaveLength(5);
    expect(ring[0]).toEqual(ring[4]);
    expect(features[0].properties).toMatchObject({ label: "Sky", stroke: "#123456", pixels: 7 });
  });

  test("has a brush's area as polygons, and its strokes", () => {
    const stroke: Region["parts"] = [
      [
        [10, 10],
        [20, 10],
      ],
      [[50, 50]],
    ];
    const { features } = exported({ ...SQUARE, shape: "brush", radius: 3, parts: stroke });
    const { geometry, properties } = features[0];
    expect(geometry.geometries).toHaveLength(2);
    const xs = geometry.geometries[0].coordinates[0].map(([x]: [number]) => x);
    expect([Math.min(...xs), Math.max(...xs)]).toEqual([7, 23]);
    expect(properties).toMatchObject({ radius_px: 3, strokes: stroke });
  });
});

describe("drawing", () => {
  function makeTools() {
    const drawn: Drawn[] = [];
    const extended: unknown[] = [];
    const tools = new RegionTools(IMAGE, {
      add: (each) => drawn.push(each),
      extend: (stroke) => extended.push(stroke) > 0,
      regions: () => [],
      redraw: () => undefined,
      begin: () => undefined,
      say: () => undefined,
    });
    const choose = (name: string) =>
      tools.node.querySelector<HTMLButtonElement>(`button[aria-label=${name}]`)?.click();
    return { tools, drawn, extended, choose };
  }

  function at(x: number, y: number, shiftKey = false): OverlayPointer {
    return { screen: { x, y }, image: { x, y }, shiftKey, altKey: false, scale: 4 };
  }

  function key(name: string): KeyboardEvent {
    return new KeyboardEvent("keydown", { key: name });
  }

  test("leaves the pointer and the keys to the image while no tool is chosen", () => {
    const { tools } = makeTools();
    expect(tools.press(at(1, 1))).toBe(false);
    expect(tools.key(key("Enter"), at(1, 1))).toBe(false);
  });

  test("a rectangle is dragged, and a mere click draws nothing", () => {
    const { tools, drawn, choose } = makeTools();
    choose("Rectangle");
    expect(tools.press(at(10, 10))).toBe(true);
    tools.release(at(10.5, 10));
    expect(drawn).toEqual([]);
    tools.press(at(10, 10));
    tools.drag(at(15, 12));
    tools.release(at(20.5, 30.5));
    expect(drawn).toEqual([
      {
        shape: "rectangle",
        parts: [
          [
            [10, 10],
            [21, 31],
          ],
        ],
        radius: 0,
      },
    ]);
  });

  test("a polygon is closed at its first corner", () => {
    const { tools, drawn, choose } = makeTools();
    choose("Polygon");
    for (const [x, y] of [
      [10, 10],
      [40, 10],
      [40, 40],
      [10.5, 10.5],
    ] as const) {
      tools.press(at(x, y));
      tools.release(at(x, y));
    }
    expect(drawn[0]?.parts[0]).toHaveLength(3);
  });

  test.each([
    [
      "Rectangle",
      [
        [10, 10],
        [30, 30],
      ],
      2,
    ],
    [
      "Line",
      [
        [10, 10],
        [30, 30],
      ],
      2,
    ],
    [
      "Polygon",
      [
        [10, 10],
        [30, 10],
        [30, 30],
        [30, 30],
      ],
      3,
    ],
    [
      "Brush",
      [
        [10, 10],
        [30, 10],
        [30, 10],
      ],
      2,
    ],
  ] as const)("a %s is drawn by keyboard alone", (name, places, points) => {
    const { tools, drawn, choose } = makeTools();
    choose(name);
    for (const [x, y] of places) expect(tools.key(key("Enter"), at(x, y))).toBe(true);
    expect(drawn[0]?.shape).toBe(name.toLowerCase());
    expect(drawn[0]?.parts[0]).toHaveLength(points);
  });

  test("Backspace takes a point back, Escape the draft and then the tool", () => {
    const { tools, drawn, choose } = makeTools();
    choose("Polygon");
    for (const [x, y] of [
      [10, 10],
      [30, 10],
      [50, 70],
    ] as const)
      tools.key(key("Enter"), at(x, y));
    tools.key(key("Backspace"), at(0, 0));
    tools.key(key("Enter"), at(30, 30));
    tools.key(key("Enter"), at(30, 30));
    expect(drawn[0]?.parts[0]?.at(-1)).toEqual([30, 30]);
    tools.key(key("Enter"), at(30, 30));
    expect(tools.key(key("Escape"), at(0, 0))).toBe(true);
    expect(tools.key(key("Escape"), at(0, 0))).toBe(true);
    expect(tools.key(key("Escape"), at(0, 0))).toBe(false);
  });

  test("Shift paints on in the region before", () => {
    const { tools, drawn, extended, choose } = makeTools();
    choose("Brush");
    tools.press(at(10, 10, true));
    tools.release(at(20, 10, true));
    expect(extended).toHaveLength(1);
    expect(drawn).toEqual([]);
  });

  test("stays inside the image", () => {
    const { tools, drawn, choose } = makeTools();
    choose("Rectangle");
    tools.press(at(90, 70));
    tools.release(at(500, 500));
    expect(drawn[0]?.parts[0]).toEqual([
      [90, 70],
      [100, 80],
    ]);
  });
});
