import { MeshoptEncoder } from "meshoptimizer";
import { BufferAttribute, BufferGeometry, Mesh } from "three";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { ScanHead } from "../format";
import { makeHead } from "../testing";
import { LayerBar } from "./bar";
import { formatValue, type LayerInfo, limitsAt, limitsOf, readWish, usualStyle } from "./info";
import { Legend, ticksOf } from "./legend";
import { opaqueRamps, rampTexels } from "./ramp";
import { ATTRIBUTE, LayerStore } from "./store";
import { decodeValues, parseValues, toPairs } from "./values";

const INFO: LayerInfo = {
  name: "moved",
  title: "Deviation",
  unit: "m",
  quantity: "distance",
  center: 0,
  percentiles: [
    [0, -0.004],
    [2, -0.001],
    [98, 0.002],
    [100, 0.004],
  ],
  known: 3,
  missing: 1,
  how: { method: "C2M", parameters: [["registration uncertainty", "0.1 mm"]] },
  encoding: "sixteen bits",
  lowest: -0.004,
  step: 0.0001,
};

beforeAll(() => MeshoptEncoder.ready);

/** A page of one cluster, of codes or of float32. */
function pageOf(elements: Uint32Array | Float32Array): Uint8Array {
  const bytes = new Uint8Array(elements.buffer);
  const stream = MeshoptEncoder.encodeVertexBuffer(bytes, elements.length, 4);
  const page = new Uint8Array(12 + stream.byteLength);
  page.set([1, 1, 0, 0]);
  new DataView(page.buffer).setUint32(4, elements.length, true);
  new DataView(page.buffer).setUint32(8, stream.byteLength, true);
  page.set(stream, 12);
  return page;
}

const CODES = pageOf(Uint32Array.of(0, 40, 65_535, 80));

describe("a page of values", () => {
  test.each([
    ["sixteen bits", CODES, INFO],
    [
      "float32",
      pageOf(Float32Array.of(-0.004, 0, Number.NaN, 0.004)),
      { ...INFO, encoding: "float32" as const },
    ],
  ])("of %s is read, missing values too", (_name, page, info) => {
    const [cluster] = parseValues(page);
    const values = cluster ? decodeValues(info, cluster) : [];
    expect([...values].map((value) => Number(value.toFixed(6)))).toEqual([
      -0.004,
      0,
      Number.NaN,
      0.004,
    ]);
    const pairs = [...toPairs(Float32Array.from(values))].map((value) => Number(value.toFixed(6)));
    expect(pairs).toEqual([-0.004, 1, 0, 1, 0, -1, 0.004, 1]);
  });

  test.each([0, 3, 6, 11, CODES.byteLength - 1])("cut to %i bytes is refused", (length) => {
    expect(() => parseValues(CODES.subarray(0, length))).toThrow("layer");
  });
});

describe("the range", () => {
  test("lies around the middle, as far to both sides", () => {
    expect(limitsAt(INFO, 2)).toEqual([-0.002, 0.002]);
    expect(limitsAt({ ...INFO, center: null }, 2)).toEqual([-0.001, 0.002]);
  });

  test("is one that is asked for, if it is one", () => {
    const style = usualStyle(INFO);
    expect(limitsOf(INFO, { ...style, low: 0, high: 1 })).toEqual([0, 1]);
    expect(limitsOf(INFO, { ...style, low: 1, high: 0 })).toEqual([-0.002, 0.002]);
  });

  test("is never empty", () => {
    const flat = { ...INFO, center: null, percentiles: [[0, 3] as const, [100, 3] as const] };
    const [low, high] = limitsAt(flat as unknown as LayerInfo, 2);
    expect(low).toBeLessThan(high);
  });

  test("is told in a unit that suits it, with round ticks", () => {
    expect(formatValue(INFO, -0.00125)).toBe("−1.25 mm");
    expect(ticksOf(INFO, [-0.002, 0.002]).map(({ text }) => text)).toEqual(["−2", "0", "2"]);
  });
});

describe("wishes from outside", () => {
  test.each([
    ["relief", { name: "relief" }],
    [
      { name: "a", look: "lit", low: 0, high: 2, strength: 99 },
      { name: "a", look: "lit", low: 0, high: 2, strength: 3 },
    ],
    [{ name: "a", look: "loud", low: 3, high: 2, ramp: 4 }, { name: "a" }],
    [{ look: "lit" }, null],
    [7, null],
  ])("%j are checked", (value, expected) => {
    expect(readWish(value)).toEqual(expected);
  });
});

describe("ramps", () => {
  test("begin and end with their own colours, and change evenly", () => {
    const texels = rampTexels(["#000000ff", "#ff0080ff"]);
    expect([...texels.subarray(0, 4)]).toEqual([0, 0, 0, 255]);
    expect([...texels.subarray(-4)]).toEqual([255, 0, 128, 255]);
    expect(texels[51 * 4]).toBe(51);
  });

  test("that begin transparent are for other pictures", () => {
    const ramps = [
      { name: "grey", stops: ["#000000ff", "#ffffffff"] },
      { name: "red", stops: ["#ff000000", "#ff0000ff"] },
    ];
    expect(opaqueRamps(ramps).map(({ name }) => name)).toEqual(["grey"]);
  });
});

describe("the store", () => {
  const meshOf = (count: number): Mesh => {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(count * 3), 3));
    return new Mesh(geometry);
  };

  function start(pages = vi.fn(async (_name: string, ids: readonly number[]) => answer(ids))) {
    const head: ScanHead = makeHead([
      { error: 9, x: 0, clusters: [[1, 10]] },
      { error: 1, x: 0, clusters: [[null, 20]] },
    ]);
    const meshes = new Map([[0, meshOf(4)]]);
    const onError = vi.fn();
    const source = { pages, keyOf: (name: string) => name };
    const store = new LayerStore(head, { meshes }, source, vi.fn(), onError);
    return { meshes, store, pages, onError };
  }
  const answer = (ids: readonly number[]) => new Map(ids.map((id) => [id, CODES] as const));
  const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

  test("asks for what is displayed only, and gives it to the meshes", async () => {
    const { meshes, store, pages } = start();
    const hidden = meshOf(4);
    hidden.visible = false;
    meshes.set(1, hidden);
    store.use(INFO);
    await settled();
    expect(pages.mock.calls).toEqual([["moved", [0]]]);
    expect([...meshes.values()].map((mesh) => store.has(mesh))).toEqual([true, false]);
    expect(meshes.get(0)?.geometry.getAttribute(ATTRIBUTE).itemSize).toBe(2);
  });

  test("forgets values with the triangles, and asks again when these come back", async () => {
    const { meshes, store, pages } = start();
    store.use(INFO);
    await settled();
    meshes.clear();
    store.follow();
    meshes.set(0, meshOf(4));
    store.follow();
    await settled();
    expect(pages).toHaveBeenCalledTimes(2);
    expect(store.has(meshes.get(0) as Mesh)).toBe(true);
  });

  test("says the value at a place, and that none is known", async () => {
    const { store } = start();
    store.use(INFO);
    await settled();
    const at = (rows: [number, number, number], weights: [number, number, number]) =>
      store.valueAt({ cluster: 0, rows, weights });
    expect(at([0, 1, 3], [0.5, 0.5, 0])).toBeCloseTo(-0.002, 9);
    expect(at([0, 1, 2], [0.2, 0.2, 0.6])).toBeNaN();
    expect(store.valueAt({ cluster: 1, rows: [0, 1, 2], weights: [1, 0, 0] })).toBeNull();
  });

  test("gives up after a few failures, and says so once", async () => {
    const { store, pages, onError } = start(vi.fn(() => Promise.reject(new Error("no"))));
    store.use(INFO);
    await settled();
    store.follow();
    await settled();
    expect(pages).toHaveBeenCalledTimes(3);
    expect(onError).toHaveBeenCalledTimes(1);
    expect(store.isBusy).toBe(false);
  });

  test("drops answers for a layer that is no longer shown", async () => {
    const { meshes, store } = start();
    store.use(INFO);
    store.use(null);
    await settled();
    expect(store.has(meshes.get(0) as Mesh)).toBe(false);
  });
});

describe("the controls", () => {
  function open() {
    const change = vi.fn();
    const choose = vi.fn();
    const bar = new LayerBar({ choose, change, read: vi.fn() });
    bar.list([INFO], [{ name: "blue-red", stops: ["#000000ff", "#ffffffff"] }]);
    bar.show(INFO, usualStyle(INFO));
    const inputs = [...bar.node.querySelectorAll<HTMLInputElement>("input[type=number]")];
    return { bar, change, choose, inputs };
  }

  test("take a typed range in the shown unit, and refuse one that is none", () => {
    const { change, inputs } = open();
    const [low, high] = inputs;
    if (!low || !high) throw new Error("Two fields are needed");
    expect([low.value, high.value]).toEqual(["-2", "2"]);
    low.value = "-0.5";
    low.dispatchEvent(new Event("change"));
    expect(change.mock.lastCall?.[0].low).toBeCloseTo(-0.0005, 12);
    high.value = "-7";
    high.dispatchEvent(new Event("change"));
    expect(change).toHaveBeenCalledTimes(1);
    expect(high.value).toBe("2");
  });

  test("name every control, and tell how the layer was made", () => {
    const { bar } = open();
    for (const each of bar.node.querySelectorAll("select, input")) {
      const isNamed = each.hasAttribute("aria-label") || each.closest("label") !== null;
      expect(isNamed).toBe(true);
    }
    expect(bar.node.textContent).toContain("C2M");
    expect(bar.node.textContent).toContain("0.1 mm");
  });

  test("the legend says the value under the pointer, or that there is none", () => {
    const legend = new Legend();
    legend.show(INFO, usualStyle(INFO), ["#000000ff", "#ffffffff"]);
    legend.read(0.001234);
    expect(legend.text).toBe("1.234 mm");
    legend.read(Number.NaN);
    expect(legend.text).toBe("no value");
    expect(legend.node.getAttribute("aria-label")).toBe("Deviation: −2 mm to 2 mm");
  });
});
