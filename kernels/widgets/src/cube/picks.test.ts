import { describe, expect, test, vi } from "vitest";
import type { Pick, PickLink } from "../host";
import type { Spectrum } from "./api";
import { toCsv } from "./csv";
import { MAX_PICKS, PickList } from "./picks";

const SPECTRUM: Spectrum = {
  x: 1,
  y: 2,
  radius: 3,
  count: 29,
  wavelength_nm: [400, 500],
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

  test("stop at a number that still can be read", () => {
    const { list } = makeList();
    for (let x = 0; x < MAX_PICKS + 5; x += 1) list.add(x, 0, 0);
    expect(list.all).toHaveLength(MAX_PICKS);
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
    const lines = toCsv(spec, [{ pick, number: 1, color: "#000", spectrum: SPECTRUM }]).split(
      "\r\n",
    );
    expect(lines).toEqual([
      "# murals/panel version 2, vnir, synthetic",
      '"wavelength_nm","sky (x 1, y 2, radius 3 px) mean","sky (x 1, y 2, radius 3 px) std"',
      "400,0.1,0.01",
      "500,,",
      "",
    ]);
  });

  test("never lets a label become a formula or end its cell", () => {
    const pick = { x: 1, y: 2, radius: 3, label: '=HYPERLINK("x")' };
    const text = toCsv(spec, [{ pick, number: 1, color: "#000", spectrum: SPECTRUM }]);
    expect(text).toContain(`"'=HYPERLINK(""x"")`);
  });
});
