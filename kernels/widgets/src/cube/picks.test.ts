import { describe, expect, test, vi } from "vitest";
import type { Pick, PickLink } from "../host";
import type { Spectrum } from "./api";
import { columnsOf, type Measured, profileToCsv, toCsv } from "./csv";
import { MAX_CURVES, MAX_PICKS, PickList } from "./picks";

const SPECTRUM: Spectrum = {
  x: 1,
  y: 2,
  radius: 3,
  count: 29,
  coordinate: [400, 500],
  mean: [0.1, null],
  std: [0.01, null],
};

function makeLink(first: readonly Pick[]) {
  let current = first;
  const listeners = new Set<(picks: readonly Pick[]) => void>();
  const link: PickLink = {
    get: () => current,
    set: (picks) => {
      current = picks;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
  };
  const say = (picks: readonly Pick[]) => {
    for (const listener of listeners) listener(picks);
  };
  return { link, say, listeners, now: () => current };
}

function makeList(link: PickLink | null = null, initial: readonly Pick[] = []) {
  const fetchSpectrum = vi.fn(async () => SPECTRUM);
  const failed = vi.fn();
  const list = new PickList(fetchSpectrum, () => undefined, failed, link, initial);
  return { list, fetchSpectrum, failed };
}

const MEASURED: Measured = {
  quantity: "reflectance",
  axis: { name: "wavelength", units: "nm" },
};

describe("picks", () => {
  test("keep colour, number and spectrum together", async () => {
    const { list } = makeList();
    list.add(1, 2, 3);
    list.add(4, 5, 3);
    await vi.waitFor(() => expect(list.spectraShown[1]?.spectrum).toBe(SPECTRUM));
    expect(list.spectraShown.map(({ number }) => number)).toEqual([1, 2]);
    expect(list.spectraShown[0]?.color).not.toBe(list.spectraShown[1]?.color);
  });

  test("of the same spot ask for its spectrum once", () => {
    const { list, fetchSpectrum } = makeList();
    list.add(1, 2, 3);
    list.add(1, 2, 3);
    expect(fetchSpectrum).toHaveBeenCalledTimes(1);
  });

  test("get labels that are free", () => {
    const { list } = makeList();
    list.add(1, 1, 0);
    list.add(2, 2, 0);
    list.remove(0);
    list.add(3, 3, 0);
    expect(list.all.map(({ label }) => label)).toEqual(["Spot 2", "Spot 3"]);
  });

  test("made here are told to the others, and theirs show here", () => {
    const { link, say, now, listeners } = makeLink([]);
    const { list } = makeList(link);
    list.add(1, 2, 3);
    expect(now()).toEqual(list.all);
    say([{ x: 9, y: 9, radius: 0, label: "theirs" }]);
    expect(list.all.map(({ label }) => label)).toEqual(["theirs"]);
    list.dispose();
    expect(listeners.size).toBe(0);
  });

  test("of the link are shown before those saved with the output", () => {
    const saved = { x: 1, y: 1, radius: 1, label: "saved" };
    const { link } = makeLink([{ ...saved, label: "live" }]);
    expect(makeList(link, [saved]).list.all[0]?.label).toBe("live");
    expect(makeList(null, [saved]).list.all[0]?.label).toBe("saved");
  });

  test("may be thousands: all are marked, the last ones are read and plotted", async () => {
    const many = Array.from({ length: MAX_PICKS }, (_, x) => ({
      x,
      y: 0,
      radius: 0,
      label: `S${x}`,
    }));
    const { list, fetchSpectrum, failed } = makeList(null, many);
    expect(list.marked).toHaveLength(MAX_PICKS);
    expect(fetchSpectrum).toHaveBeenCalledTimes(MAX_CURVES);
    expect(list.spectraShown.at(-1)?.number).toBe(MAX_PICKS);
    list.add(1, 1, 0);
    expect(failed).toHaveBeenCalledOnce();
    expect(list.all).toHaveLength(MAX_PICKS);
    const read = await list.readAll(() => undefined);
    expect(read.every(({ spectrum }) => spectrum !== null)).toBe(true);
  });

  test("of others beyond the limit are said, not silently dropped", () => {
    const { link, say } = makeLink([]);
    const { failed } = makeList(link);
    say(Array.from({ length: MAX_PICKS + 1 }, (_, x) => ({ x, y: 0, radius: 0, label: "S" })));
    expect(String(failed.mock.calls[0])).toContain("10001");
  });

  test("whose spectrum failed say so and ask again later", async () => {
    const { list, fetchSpectrum, failed } = makeList();
    fetchSpectrum.mockRejectedValueOnce(new Error("gone"));
    list.add(1, 2, 3);
    await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce());
    list.rename(0, "again");
    expect(fetchSpectrum).toHaveBeenCalledTimes(2);
  });
});

describe("csv", () => {
  const spec = {
    version: 1,
    kind: "cube",
    dataset: "murals/panel",
    dataset_version: 2,
    item: "vnir",
    title: "T",
    synthetic: true,
  } as const;

  test("has one row per wavelength and an empty cell for a gap", () => {
    const pick = { x: 1, y: 2, radius: 3, label: "sky" };
    const picked = [{ pick, number: 1, color: "#000", spectrum: SPECTRUM }];
    const lines = toCsv(spec, MEASURED, columnsOf(picked, [])).split("\r\n");
    expect(lines).toEqual([
      "# murals/panel version 2, vnir, reflectance, synthetic",
      '"wavelength_nm","sky (x 1, y 2, radius 3 px) mean","sky (x 1, y 2, radius 3 px) std"',
      "400,0.1,0.01",
      "500,,",
      "",
    ]);
  });

  test("never lets a label become a formula or end its cell", () => {
    const pick = { x: 1, y: 2, radius: 3, label: '=HYPERLINK("x")' };
    const picked = [{ pick, number: 1, color: "#000", spectrum: SPECTRUM }];
    const text = toCsv(spec, MEASURED, columnsOf(picked, []));
    expect(text).toContain(`"'=HYPERLINK(""x"")`);
  });

  test("of a line gives each sample's place on the object and on the image", () => {
    const profile = {
      distance_px: [0, 1],
      x: [3, 4],
      y: [7, 7],
      coordinate: [550],
      values: [[0.25, null]],
    };
    expect(profileToCsv(spec, MEASURED, 0.5, profile).split("\r\n").slice(1)).toEqual([
      '"distance_mm","distance_px","x","y","550 nm"',
      "0,0,3,7,0.25",
      "0.5,1,4,7,",
      "",
    ]);
  });
});
