import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ViewSpec } from "../host";
import { Compare } from "./compare";
import { Layer, LayerStack } from "./layer";
import { readLayers, readMapStyle } from "./layer_options";
import { LayersPanel } from "./layers_panel";
import type { MapInfo } from "./map_api";
import { mapLegend } from "./map_legend";
import { IDENTITY } from "./matrix";
import type { OpenLayer } from "./opening";
import type { OverlayPointer } from "./overlay";

const STAGE = { width: 400, height: 300 };
const GEOMETRY = { width: 64, height: 48, tile_size: 256, levels: [{ width: 64, height: 48 }] };
const INFO: MapInfo = {
  kind: "values",
  ...GEOMETRY,
  levels: [{ level: 0, width: 64, height: 48 }],
  variable: "counts",
  variables: ["counts"],
  planes: [
    { name: "Hg L", note: "" },
    { name: "As K", note: "overlaps with Pb L" },
  ],
  limits: { low: [0, 0], high: [1234.5, 90] },
  classes: [],
  ramps: [{ name: "viridis", stops: ["#440154ff", "#fde725ff"] }],
  quantity: "counts",
  units: "counts",
  pixel_size_mm: null,
  synthetic: true,
  title: "T",
};
const SPEC: ViewSpec = {
  version: 1,
  kind: "cube",
  dataset: "murals/panel",
  dataset_version: 1,
  item: "vnir",
  title: "T",
  synthetic: true,
};
const ENTRY = { kind: "map", dataset: "murals/panel", dataset_version: 1, item: "xrf" };

const look = (key: string) => ({ key, tile: () => Promise.reject(new Error("no tile")) });
const layer = (name: string) => new Layer(name, GEOMETRY, IDENTITY, look(name));
const opened = (name: string): OpenLayer => ({
  layer: layer(name),
  path: `murals/panel/${name}`,
  pixelSizeMm: null,
  isSynthetic: false,
  facts: "map",
  controls: null,
  legend: null,
  cube: null,
});
const pointer = (x: number, y = 10): OverlayPointer => ({
  screen: { x, y },
  image: { x, y },
  shiftKey: false,
  altKey: false,
  scale: 1,
});

describe("layers of a view specification", () => {
  const layersOf = (layers: unknown) => readLayers({ ...SPEC, options: { layers } });

  test("come with name, place and look", () => {
    const [found] = layersOf([{ ...ENTRY, name: "Lead", transform: [2, 0, 0, 0, 2, 0, 0, 0, 1] }]);
    expect(found).toMatchObject({ item: "xrf", name: "Lead", toBase: { a: 2, e: -0.5 } });
  });

  test.each([
    ["a transform that bends", [{ ...ENTRY, transform: [1, 0, 0, 0, 1, 0, 1, 0, 1] }]],
    ["no item", [{ ...ENTRY, item: 3 }]],
    ["an unknown kind", [{ ...ENTRY, kind: "scan" }]],
    ["no list", { 0: ENTRY }],
  ])("are left out with %s", (_, layers) => {
    expect(layersOf(layers)).toEqual([]);
  });

  test("show the plane that was named, and the first otherwise", () => {
    expect(readMapStyle({ plane: "As K", low: 1, high: 5 }, INFO)).toEqual({
      plane: 1,
      ramp: "viridis",
      low: 1,
      high: 5,
    });
    expect(readMapStyle({ plane: "Zn K", colours: "rainbow", low: 5, high: 1 }, INFO)).toEqual({
      plane: 0,
      ramp: "viridis",
      low: null,
      high: null,
    });
  });
});

describe("the comparison", () => {
  const moved: number[] = [];
  const changed = vi.fn();
  let compare: Compare;
  const context = () => ({ rect: vi.fn(), arc: vi.fn(), clip: vi.fn() });
  const clip = (made = context()) => ({
    shows: compare.clip(made as unknown as CanvasRenderingContext2D, STAGE),
    made,
  });

  beforeEach(() => {
    vi.useFakeTimers();
    moved.length = 0;
    changed.mockClear();
    compare = new Compare(changed, (share) => moved.push(share));
  });

  afterEach(() => {
    compare.dispose();
    vi.useRealTimers();
  });

  test("shows a layer right of the curtain, which keys and the pointer move", () => {
    compare.mode = "curtain";
    expect(clip().made.rect).toHaveBeenCalledWith(200, 0, 200, 300);
    compare.key(new KeyboardEvent("keydown", { key: "]" }));
    expect(moved.at(-1)).toBeCloseTo(0.52);
    compare.drag({ ...pointer(0.9) });
    expect(compare.curtain).toBeCloseTo(0.9); // the stage is one pixel wide until it was drawn
  });

  test("takes the pointer on the curtain only", () => {
    expect(compare.press(pointer(0.5))).toBe(false);
    compare.mode = "curtain";
    expect(compare.press(pointer(0.5))).toBe(true);
    expect(compare.press(pointer(90))).toBe(false);
  });

  test("shows a layer in the lens under the pointer, or in the middle", () => {
    compare.mode = "lens";
    expect(clip().made.arc.mock.calls[0]?.slice(0, 3)).toEqual([200, 150, compare.lensPx]);
    compare.hover(pointer(40, 60));
    expect(clip().made.arc.mock.calls[0]?.slice(0, 3)).toEqual([40, 60, compare.lensPx]);
    compare.hover(null);
    expect(clip().made.arc.mock.calls[0]?.slice(0, 2)).toEqual([200, 150]);
  });

  test("blinks at most twice a second, and stops", () => {
    compare.mode = "blink";
    compare.periodS = 0.01;
    expect(compare.periodS).toBe(0.5);
    expect(clip().shows).toBe(true);
    vi.advanceTimersByTime(500);
    expect(clip().shows).toBe(false);
    vi.advanceTimersByTime(500);
    expect(clip().shows).toBe(true);
    compare.mode = "over";
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the panel of layers", () => {
  let all: OpenLayer[];
  let stack: LayerStack;
  let panel: LayersPanel;
  const redraw = vi.fn();
  const find = <K extends Element>(selector: string): K => {
    const found = panel.node.querySelector<K>(selector);
    if (found === null) throw new Error(`nothing is ${selector}`);
    return found;
  };
  const press = (text: string) => {
    const button = [...panel.node.querySelectorAll("button")].find((b) => b.textContent === text);
    button?.click();
  };

  beforeEach(() => {
    all = ["vnir", "lead", "x-ray"].map(opened);
    stack = new LayerStack(
      all.map((each) => each.layer),
      redraw,
      vi.fn(),
    );
    panel = new LayersPanel(all, stack, redraw);
    document.body.replaceChildren(panel.node);
  });

  afterEach(() => panel.dispose());

  test("lists the uppermost first, and the base without opacity", () => {
    const names = [...panel.node.querySelectorAll("li label.mc-layername")];
    expect(names.map((each) => each.textContent)).toEqual(["x-ray", "lead", "vnir"]);
    expect(panel.node.querySelectorAll("li input[type=range]")).toHaveLength(2);
  });

  test("every control has a name", () => {
    for (const mode of ["Curtain", "Lens", "Blink"]) {
      press(mode);
      for (const each of panel.node.querySelectorAll("button, input, select")) {
        const label = each.getAttribute("aria-label") ?? each.closest("label")?.textContent;
        expect((label ?? each.textContent ?? "").trim()).not.toBe("");
      }
    }
  });

  test("changes opacity and visibility", () => {
    const slider = find<HTMLInputElement>("input[aria-label='Opacity of lead']");
    slider.value = "40";
    slider.dispatchEvent(new Event("input"));
    expect(all[1]?.layer.opacity).toBeCloseTo(0.4);
    expect(slider.getAttribute("aria-valuetext")).toBe("40 %");
    find<HTMLInputElement>("li input[type=checkbox]").click();
    expect(all[2]?.layer.isShown).toBe(false);
    expect(redraw).toHaveBeenCalled();
  });

  test("compares the uppermost layer first, and another when asked", () => {
    press("Curtain");
    expect(stack.compared?.layer.name).toBe("x-ray");
    const choice = find<HTMLSelectElement>("select[aria-label='Compared layer']");
    choice.value = "1";
    choice.dispatchEvent(new Event("change"));
    expect(stack.compared?.layer.name).toBe("lead");
    press("One over another");
    expect(stack.compared).toBeNull();
  });

  test("the curtain's slider follows the curtain on the image", () => {
    press("Curtain");
    panel.compare.key(new KeyboardEvent("keydown", { key: "[" }));
    expect(find<HTMLInputElement>("input[name=curtain]").value).toBe("48");
  });
});

describe("a map's legend", () => {
  const style = { plane: 0, ramp: "viridis", low: null, high: null };

  test("says the ends with their unit", () => {
    const scale = mapLegend(INFO, style).querySelector("[role=img]");
    expect(scale?.getAttribute("aria-label")).toBe("Colours from 0 to 1230 counts");
  });

  test("names what interferes", () => {
    expect(mapLegend(INFO, { ...style, plane: 1 }).textContent).toContain("overlaps with Pb L");
  });

  test("lists classes and what is unknown", () => {
    const classes = [{ name: "azurite", colour: "#0072b2" }];
    const legend = mapLegend({ ...INFO, kind: "classes", classes }, style);
    expect([...legend.querySelectorAll("li")].map((each) => each.textContent)).toEqual([
      "azurite",
      "unknown",
    ]);
  });
});
