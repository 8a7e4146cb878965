import type { Pick } from "@museion/widgets";
import { describe, expect, test, vi } from "vitest";
import { applyUpdate, Doc, encodeStateAsUpdate } from "yjs";
import { type PickDocument, type PickRelay, SharedPicks } from "./picks";

function pick(x: number, y: number, label: string): Pick {
  return { x, y, radius: 2, label };
}

function exchange(a: Doc, b: Doc): void {
  applyUpdate(b, encodeStateAsUpdate(a));
  applyUpdate(a, encodeStateAsUpdate(b));
}

function twoBrowsers(): { a: Doc; b: Doc; anna: SharedPicks; ben: SharedPicks } {
  const [a, b] = [new Doc(), new Doc()];
  const share = (doc: Doc) => new SharedPicks(doc as unknown as PickDocument, "view");
  return { a, b, anna: share(a), ben: share(b) };
}

function relay(): PickRelay & { sent: Pick[][]; say: (picks: readonly Pick[]) => void } {
  let listener: (picks: readonly Pick[]) => void = () => undefined;
  const sent: Pick[][] = [];
  return {
    sent,
    say: (picks) => listener(picks),
    send: (picks) => sent.push([...picks]),
    listen: (heard) => {
      listener = heard;
    },
    dispose: () => undefined,
  };
}

describe("picks in a shared document", () => {
  test("reach the other browser", () => {
    const { a, b, anna, ben } = twoBrowsers();
    const heard = vi.fn();
    ben.subscribe(heard);
    anna.set([pick(1, 2, "A")]);
    exchange(a, b);
    expect(ben.get()).toEqual([pick(1, 2, "A")]);
    expect(heard).toHaveBeenLastCalledWith([pick(1, 2, "A")]);
  });

  test("made at the same moment are both kept", () => {
    const { a, b, anna, ben } = twoBrowsers();
    anna.set([pick(1, 1, "A")]);
    ben.set([pick(2, 2, "B")]);
    exchange(a, b);
    expect(anna.get()).toHaveLength(2);
    expect(ben.get()).toEqual(anna.get());
  });

  test("keep their order, and one that is taken away is gone for both", () => {
    const { a, b, anna, ben } = twoBrowsers();
    anna.set([pick(9, 9, "A"), pick(1, 1, "B"), pick(5, 5, "C")]);
    exchange(a, b);
    ben.set(ben.get().slice(1));
    exchange(a, b);
    expect(anna.get().map((each) => each.label)).toEqual(["B", "C"]);
  });

  test("that are damaged are left out", () => {
    const { a, anna } = twoBrowsers();
    a.getMap("museion:picks:view").set("x", { x: "one", y: 2, radius: 1, label: "A", order: 0 });
    a.getMap("museion:picks:view").set("y", "not a pick");
    expect(anna.get()).toEqual([]);
  });

  test("of a closed view are not told any more", () => {
    const { anna } = twoBrowsers();
    const heard = vi.fn();
    anna.subscribe(heard);
    anna.dispose();
    anna.set([pick(1, 1, "A")]);
    expect(heard).not.toHaveBeenCalled();
  });
});

describe("the kernel", () => {
  test("hears of a pick from the browser in which it was made, and only from that one", () => {
    const [a, b] = [new Doc(), new Doc()];
    const [toAnna, toBen] = [relay(), relay()];
    const anna = new SharedPicks(a as unknown as PickDocument, "view", toAnna);
    new SharedPicks(b as unknown as PickDocument, "view", toBen);
    anna.set([pick(1, 1, "A")]);
    exchange(a, b);
    expect(toAnna.sent).toEqual([[pick(1, 1, "A")]]);
    expect(toBen.sent).toEqual([]);
  });

  test("may set picks, and is not told its own words again", () => {
    const kernel = relay();
    const picks = new SharedPicks(new Doc() as unknown as PickDocument, "view", kernel);
    kernel.say([pick(3, 4, "K")]);
    expect(picks.get()).toEqual([pick(3, 4, "K")]);
    expect(kernel.sent).toEqual([]);
  });
});
