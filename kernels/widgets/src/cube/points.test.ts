import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ListLink } from "../host";
import type { ControlPoint } from "./control_points";
import { IDENTITY, type Matrix } from "./matrix";
import type { OverlayPointer } from "./overlay";
import { PointList } from "./point_list";
import { PointTable } from "./point_table";
import { type PointSource, PointTool, type Step } from "./point_tool";

const TWICE: Matrix = { ...IDENTITY, a: 2, d: 2 };
const at = (x: number, y: number): OverlayPointer => ({
  screen: { x, y },
  image: { x, y },
  shiftKey: false,
  altKey: false,
  scale: 1,
});
const point = (id: string): ControlPoint => ({ id, layer: "m/d/a", moving: [1, 2], fixed: [3, 4] });
const press = (key: string) => new KeyboardEvent("keydown", { key });

describe("the tool for control points", () => {
  const set: [readonly number[], readonly number[]][] = [];
  const steps: Step[] = [];
  const removeLast = vi.fn();
  const source: PointSource = {
    isOpen: true,
    points: [],
    toBase: TWICE,
    sizeOf: (side) => (side === "moving" ? { width: 50, height: 40 } : { width: 100, height: 80 }),
    add: (moving, fixed) => set.push([moving, fixed]),
    removeLast,
    stepped: (step) => steps.push(step),
    redraw: () => undefined,
  };
  let tool = new PointTool(source);

  beforeEach(() => {
    set.length = 0;
    steps.length = 0;
    removeLast.mockClear();
    tool = new PointTool(source);
  });

  test("takes one place in the layer, then one in the base, in pixels from their centres", () => {
    tool.turn(true);
    expect(tool.click(at(21, 11))).toBe(true);
    tool.click(at(40.5, 30.5));
    expect(set).toEqual([
      [
        [10, 5],
        [40, 30],
      ],
    ]);
    expect(steps).toEqual(["moving", "fixed", "moving"]);
  });

  test("leaves clicks and keys alone while it is off", () => {
    expect(tool.click(at(1, 1))).toBe(false);
    expect(tool.key(press("Enter"), at(1, 1))).toBe(false);
  });

  test("sets, takes back and ends by keyboard", () => {
    tool.turn(true);
    tool.key(press("Enter"), at(21, 11));
    tool.key(press("Backspace"), at(0, 0));
    expect(tool.step).toBe("moving");
    expect(removeLast).not.toHaveBeenCalled();
    tool.key(press("Backspace"), at(0, 0));
    expect(removeLast).toHaveBeenCalledOnce();
    tool.key(press("Escape"), at(0, 0));
    expect(tool.step).toBeNull();
  });

  test("sets nothing beside the image that is to be pointed at", () => {
    tool.turn(true);
    tool.click(at(-3, 10));
    tool.click(at(10, 81));
    expect(tool.step).toBe("moving");
  });
});

describe("the list of control points", () => {
  test("is shared: what others set is shown, what is set here is told", () => {
    let told: readonly ControlPoint[] = [point("a")];
    let hear: (points: readonly ControlPoint[]) => void = () => undefined;
    const link: ListLink<ControlPoint> = {
      get: () => told,
      set: (points) => {
        told = points;
      },
      subscribe: (listener) => {
        hear = listener;
        return { dispose: () => undefined };
      },
    };
    const changed = vi.fn();
    const list = new PointList(changed, () => undefined, link, [point("old")]);
    expect(list.of("m/d/a").map(({ id }) => id)).toEqual(["a"]);
    list.add({ layer: "m/d/b", moving: [0, 0], fixed: [1, 1] });
    expect(told).toHaveLength(2);
    hear([point("c")]);
    list.remove("c");
    expect(told).toEqual([]);
    expect(changed).toHaveBeenCalledTimes(3);
  });
});

test("each point says by how much it is missed, in pixels and on the object", () => {
  const removed = vi.fn();
  const table = new PointTable(removed);
  const fit = { rows: [], residuals: [0.5], leftOut: [null], rms: 0.5, error: null };
  table.update([{ ...point("a"), author: { username: "anna", name: "Anna" } }], fit, 0.2);
  const cells = [...table.node.querySelectorAll("td")].map(({ textContent }) => textContent);
  expect(cells.slice(-7, -1)).toEqual([
    "1",
    "1.0, 2.0",
    "3.0, 4.0",
    "0.50 px · 0.10 mm",
    "–",
    "Anna",
  ]);
  expect(table.node.textContent).toContain("one more point");
  table.node.querySelector("button")?.click();
  expect(removed).toHaveBeenCalledWith("a");
  table.update([], null, null);
  expect(table.node.textContent).toContain("No point is set");
});
