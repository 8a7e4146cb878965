import { describe, expect, test, vi } from "vitest";
import type { ListLink, ViewLink } from "../../host";
import type { PickedPoint, Vector } from "../scene";
import { toCsv } from "./csv";
import { isFull, MeasureList, mainValue } from "./list";
import { ANSWERS, type Answer, isMark, MARKS, type Mark } from "./mark";
import { MeasureTool } from "./tool";

const NOTHING = { values: [], segments: [] };
const DRAWN = {
  kind: "distance",
  points: [
    [0, 0, 0],
    [3, 4, 0],
  ],
  along: null,
  within: 0,
} as const;
const SPEC = {
  version: 1,
  kind: "scan",
  dataset: "murals/head",
  dataset_version: 3,
  item: "scan",
  title: "Head",
} as const;

/** What a kernel and other members do, in memory. */
function kernel(): ViewLink & { say: (answers: Answer[]) => void; marks: () => readonly Mark[] } {
  const kept = new Map<string, readonly object[]>();
  const listeners = new Map<string, (items: readonly never[]) => void>();
  const set = (trait: string, items: readonly object[]) => {
    kept.set(trait, items);
    listeners.get(trait)?.(items as readonly never[]);
  };
  return {
    list: ({ trait }) =>
      ({
        get: () => kept.get(trait) ?? [],
        set: (items: readonly object[]) => kept.set(trait, items),
        subscribe: (listener: (items: readonly never[]) => void) => {
          listeners.set(trait, listener);
          return { dispose: () => listeners.delete(trait) };
        },
      }) as unknown as ListLink<never>,
    say: (answers) => set(ANSWERS.trait, answers),
    marks: () => (kept.get(MARKS.trait) ?? []) as readonly Mark[],
  };
}

function answer(id: string, trouble = ""): Answer {
  const value = { name: "distance", value: 5, unit: "m", uncertainty: 0.1, text: "5.00 ± 0.10 m" };
  return { id, values: trouble ? [] : [value], notes: [["method", "straight"]], trouble };
}

function makeList(link: ViewLink | null = kernel()) {
  return new MeasureList(link, { marks: [], answers: [] }, () => NOTHING, vi.fn());
}

describe("a list of measurements", () => {
  test("shows the kernel's value as soon as it answers", () => {
    const link = kernel();
    const list = makeList(link);
    const { id } = list.add(DRAWN);
    expect(list.all.map(isFull)).toEqual([false]);
    link.say([answer(id)]);
    expect(list.all.map(isFull)).toEqual([true]);
    expect(list.all[0] && mainValue(list.all[0])?.text).toBe("5.00 ± 0.10 m");
  });

  test("keeps the preview where the kernel could not measure", () => {
    const link = kernel();
    const list = makeList(link);
    const { id } = list.add(DRAWN);
    link.say([answer(id, "The point is not on the surface")]);
    expect(list.all.map(isFull)).toEqual([false]);
  });

  test("gives free labels, and tells the kernel of changes", () => {
    const link = kernel();
    const list = makeList(link);
    const { id } = list.add(DRAWN);
    list.rename(id, "Distance 2");
    list.add(DRAWN);
    list.add(DRAWN);
    expect(link.marks().map(({ label }) => label)).toEqual([
      "Distance 2",
      "Distance 1",
      "Distance 3",
    ]);
    list.remove(id);
    expect(link.marks()).toHaveLength(2);
  });

  test("measures anew only what runs over the surface", () => {
    const look = vi.fn(() => NOTHING);
    const list = new MeasureList(null, { marks: [], answers: [] }, look, vi.fn());
    list.add(DRAWN);
    expect(list.renew()).toBe(false);
    list.add({ ...DRAWN, kind: "geodesic" });
    expect(list.all).toHaveLength(2);
    expect(list.renew()).toBe(true);
    expect(list.all).toHaveLength(2);
    expect(look).toHaveBeenCalledTimes(3);
  });

  test("becomes a table with SI values, level and origin, and no formulas", () => {
    const link = kernel();
    const list = makeList(link);
    const { id } = list.add(DRAWN);
    list.rename(id, '=SUM("a")');
    link.say([answer(id)]);
    const [origin, , row] = toCsv(SPEC, list.all).split("\r\n");
    expect(origin).toBe("# murals/head version 3, scan");
    expect(row).toContain(`1,"'=SUM(""a"")",distance,"","distance",5,m,0.1,full resolution`);
    expect(row).toContain('"0 0 0; 3 4 0","straight"');
  });
});

describe("a mark from outside", () => {
  const mark = { ...DRAWN, id: "a", label: "A" };
  test.each([
    ["is taken", mark, true],
    ["has another kind", { ...mark, kind: "weight" }, false],
    ["has too few points", { ...mark, kind: "angle" }, false],
    [
      "has a point that is none",
      {
        ...mark,
        points: [
          [0, 0, 0],
          [0, 0, Number.NaN],
        ],
      },
      false,
    ],
    ["is a section without a plane", { ...mark, kind: "section" }, false],
    ["is a section along a direction", { ...mark, kind: "section", along: [0, 0, 1] }, true],
  ])("that %s", (_name, value, expected) => {
    expect(isMark(value)).toBe(expected);
  });
});

describe("the tool", () => {
  const at = (point: Vector): PickedPoint => ({
    point,
    isVertex: true,
    normal: [0, 0, 1],
    within: 0,
  });

  function tool(name: ConstructorParameters<typeof MeasureTool>[0]) {
    const done = vi.fn();
    const events = { changed: vi.fn(), done, rested: vi.fn(), say: vi.fn() };
    return { done, made: new MeasureTool(name, events, () => [0, -1, 0]) };
  }

  test("ends a polyline at the point that is put twice", () => {
    const { done, made } = tool("polyline");
    for (const point of [
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 0],
    ] as const)
      made.put(at(point));
    expect(done).toHaveBeenCalledOnce();
    expect(done.mock.calls[0]?.[0].points).toHaveLength(3);
  });

  test("takes points back, and says what comes next", () => {
    const { done, made } = tool("angle");
    made.put(at([0, 0, 0]));
    made.put(at([1, 0, 0]));
    made.key(new KeyboardEvent("keydown", { key: "Backspace" }));
    expect(made.step).toBe("Put the apex");
    expect(done).not.toHaveBeenCalled();
  });

  test("cuts along the view, and refuses points on a line", () => {
    const two = tool("section2");
    for (const point of [
      [0, 0, 0],
      [1, 0, 0],
    ] as const)
      two.made.put(at(point));
    expect(two.done.mock.calls[0]?.[0].along).toEqual([0, -1, 0]);
    const three = tool("section3");
    for (const point of [
      [0, 0, 0],
      [1, 0, 0],
      [2, 0, 0],
    ] as const)
      three.made.put(at(point));
    expect(three.done).not.toHaveBeenCalled();
    expect(three.made.points).toHaveLength(2);
  });
});
