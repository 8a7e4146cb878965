import type { Author, ListKind, Signed } from "@museion/widgets";
import { describe, expect, test, vi } from "vitest";
import { applyUpdate, Doc, encodeStateAsUpdate } from "yjs";
import { type MarkDocument, type Relay, SharedView } from "./shared";

interface Mark extends Signed {
  readonly id: string;
  readonly label: string;
}

const MARKS: ListKind<Mark> = {
  trait: "marks",
  is: (value): value is Mark => typeof (value as Partial<Mark> | null)?.label === "string",
  keyOf: ({ id }) => id,
};
const ANNA: Author = { username: "anna", name: "Anna" };

function mark(id: string, label = id): Mark {
  return { id, label };
}

function exchange(a: Doc, b: Doc): void {
  applyUpdate(b, encodeStateAsUpdate(a));
  applyUpdate(a, encodeStateAsUpdate(b));
}

function share(doc: Doc, relay: Relay | null = null) {
  const view = new SharedView(doc as unknown as MarkDocument, "view", relay);
  return { view, list: view.list(MARKS) };
}

function twoBrowsers() {
  const [a, b] = [new Doc(), new Doc()];
  return { a, b, anna: share(a).list, ben: share(b).list };
}

/** What the server does: it says whose an entry is. */
function sign(doc: Doc, key: string, author = ANNA): void {
  const map = doc.getMap<object>("museion:marks:view");
  map.set(key, { ...map.get(key), author });
}

function relay(): Relay & { sent: Mark[][]; say: (items: readonly unknown[]) => void } {
  let listener: (items: readonly unknown[]) => void = () => undefined;
  const sent: Mark[][] = [];
  return {
    sent,
    say: (items) => listener(items),
    send: (_trait, items) => sent.push([...items] as Mark[]),
    listen: (_trait, heard) => {
      listener = heard;
    },
    ask: () => Promise.reject(new Error("Nothing is asked here")),
    dispose: () => undefined,
  };
}

describe("marks in a shared document", () => {
  test("reach the other browser", () => {
    const { a, b, anna, ben } = twoBrowsers();
    const heard = vi.fn();
    ben.subscribe(heard);
    anna.set([mark("A")]);
    exchange(a, b);
    expect(ben.get()).toEqual([mark("A")]);
    expect(heard).toHaveBeenLastCalledWith([mark("A")]);
  });

  test("made at the same moment are both kept", () => {
    const { a, b, anna, ben } = twoBrowsers();
    anna.set([mark("A")]);
    ben.set([mark("B")]);
    exchange(a, b);
    expect(anna.get()).toHaveLength(2);
    expect(ben.get()).toEqual(anna.get());
  });

  test("keep their order, and one that is taken away is gone for both", () => {
    const { a, b, anna, ben } = twoBrowsers();
    anna.set([mark("Z"), mark("B"), mark("C")]);
    exchange(a, b);
    ben.set(ben.get().slice(1));
    exchange(a, b);
    expect(anna.get().map((each) => each.label)).toEqual(["B", "C"]);
  });

  test("are not written again when one before them goes", () => {
    const { a, anna } = twoBrowsers();
    anna.set([mark("A"), mark("B"), mark("C")]);
    const changed: string[] = [];
    a.getMap("museion:marks:view").observe((event) => changed.push(...event.keysChanged));
    anna.set(anna.get().slice(1));
    expect(changed).toEqual(["A"]);
  });

  test("that are damaged are left out", () => {
    const { a, anna } = twoBrowsers();
    a.getMap("museion:marks:view").set("x", { label: 3, order: 0 });
    a.getMap("museion:marks:view").set("y", "not a mark");
    expect(anna.get()).toEqual([]);
  });

  test("of different kinds don't mix", () => {
    const { view, list } = share(new Doc());
    const lights = view.list({ ...MARKS, trait: "lights" });
    list.set([mark("A")]);
    expect(lights.get()).toEqual([]);
    expect(view.list(MARKS)).toBe(list);
  });

  test("of a closed view are not told any more", () => {
    const { view, list } = share(new Doc());
    const heard = vi.fn();
    list.subscribe(heard);
    view.dispose();
    list.set([mark("A")]);
    expect(heard).not.toHaveBeenCalled();
  });
});

describe("the author of a mark", () => {
  test("is what the server said, whatever a browser writes", () => {
    const { a, anna } = twoBrowsers();
    anna.set([mark("A")]);
    sign(a, "A");
    anna.set([{ ...mark("A", "sky"), author: { username: "ben", name: "Ben" } }]);
    expect(anna.get()).toEqual([{ ...mark("A", "sky"), author: ANNA }]);
  });

  test("of a new mark is never claimed by a browser", () => {
    const { anna } = twoBrowsers();
    anna.set([{ ...mark("A"), author: ANNA }]);
    expect(anna.get()[0]?.author).toBeUndefined();
  });

  test("is told to the kernel once it is known", () => {
    const kernel = relay();
    const doc = new Doc();
    share(doc, kernel).list.set([mark("A")]);
    sign(doc, "A");
    sign(doc, "A");
    expect(kernel.sent.map(([first]) => first?.author?.username)).toEqual([undefined, "anna"]);
  });
});

describe("the kernel", () => {
  test("hears of a mark from the browser in which it was made, and only from that one", () => {
    const [a, b] = [new Doc(), new Doc()];
    const [toAnna, toBen] = [relay(), relay()];
    const anna = share(a, toAnna).list;
    share(b, toBen);
    anna.set([mark("A")]);
    exchange(a, b);
    expect(toAnna.sent).toEqual([[mark("A")]]);
    expect(toBen.sent).toEqual([]);
  });

  test("may set marks, and is not told its own words again", () => {
    const kernel = relay();
    const { list } = share(new Doc(), kernel);
    kernel.say([mark("K"), { nonsense: true }, null]);
    expect(list.get()).toEqual([mark("K")]);
    expect(kernel.sent).toEqual([]);
  });
});
