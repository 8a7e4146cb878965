import type { Entry, EntryKind } from "@museion/widgets";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { applyUpdate, Doc, encodeStateAsUpdate, Map as YMap } from "yjs";
import { SharedEntries } from "./entries";
import type { Relay } from "./shared";

interface Note extends Entry {
  readonly status: string;
}

const NOTES: EntryKind<Note> = {
  name: "notes",
  is: (value): value is Note => {
    const { id, body, status } = (value ?? {}) as Partial<Note>;
    return [id, body, status].every((each) => typeof each === "string");
  },
};
const ITEM = "murals/amphora/scan";
const NAME = `museion-notes:${ITEM}`;
const ANNA = { username: "anna", name: "Anna" };

function note(id: string, changes: Partial<Note> = {}): Note {
  return { id, body: "crack", status: "open", replies: [], ...changes };
}

function exchange(a: Doc, b: Doc): void {
  applyUpdate(b, encodeStateAsUpdate(a));
  applyUpdate(a, encodeStateAsUpdate(b));
}

function twoBrowsers() {
  const [a, b] = [new Doc(), new Doc()];
  const [anna, ben] = [a, b].map((doc) => new SharedEntries(doc, ITEM, NOTES, null));
  if (!anna || !ben) throw new Error("Two are needed");
  return { a, b, anna, ben };
}

/** What the server does: it says whose an entry is, and since when. */
function sign(doc: Doc, id: string, created = "2026-11-23T08:40:00Z"): void {
  const entry = doc.getMap(NAME).get(id) as YMap<unknown>;
  entry.set("author", ANNA);
  entry.set("created", created);
}

class Kernel implements Relay {
  readonly sent: [string, readonly object[]][] = [];
  private readonly heard = new Map<string, Parameters<Relay["listen"]>[1]>();
  send = (trait: string, items: readonly object[]) => void this.sent.push([trait, items]);
  listen(trait: string, listener: Parameters<Relay["listen"]>[1]) {
    this.heard.set(trait, listener);
  }
  wish(wish: object, isOurs = true) {
    this.heard.get("_notes_wishes")?.([wish], isOurs);
  }
  ask = () => Promise.reject(new Error("Nothing is asked here"));
  dispose = () => undefined;
  get copies() {
    return this.sent.filter(([trait]) => trait === "_notes").map(([, items]) => items);
  }
}

describe("entries of two browsers", () => {
  test("arrive with body and replies", () => {
    const { a, b, anna, ben } = twoBrowsers();
    const heard = vi.fn();
    ben.subscribe(heard);
    anna.put(note("1"));
    anna.reply("1", { id: "r", body: "yes" });
    exchange(a, b);
    expect(ben.get()).toEqual([note("1", { replies: [{ id: "r", body: "yes" }] })]);
    expect(heard).toHaveBeenCalled();
  });

  test("lose no letter where both write in one body", () => {
    const { a, b, anna, ben } = twoBrowsers();
    anna.put(note("1"));
    exchange(a, b);
    anna.write("1", { at: 0, removed: 0, inserted: "old " });
    ben.write("1", { at: 5, removed: 0, inserted: " in the glaze" });
    exchange(a, b);
    expect([anna, ben].map((each) => each.get()[0]?.body)).toEqual(
      Array(2).fill("old crack in the glaze"),
    );
  });

  test("keep changes of different members and replies made at the same moment", () => {
    const { a, b, anna, ben } = twoBrowsers();
    anna.put(note("1"));
    exchange(a, b);
    anna.change("1", { status: "resolved" });
    anna.reply("1", { id: "r1", body: "one" });
    ben.write("1", { at: 0, removed: 5, inserted: "joint" });
    ben.reply("1", { id: "r2", body: "two" });
    exchange(a, b);
    expect(anna.get()).toEqual(ben.get());
    const [merged] = anna.get();
    expect(merged).toMatchObject({ body: "joint", status: "resolved" });
    expect(merged?.replies).toHaveLength(2);
  });

  test("that are taken away are gone for both, and changing them does nothing", () => {
    const { a, b, anna, ben } = twoBrowsers();
    anna.put(note("1"));
    exchange(a, b);
    ben.remove("1");
    exchange(a, b);
    anna.change("1", { status: "resolved" });
    anna.write("1", { at: 0, removed: 0, inserted: "x" });
    expect(anna.get()).toEqual([]);
  });

  test("are sorted by when the server first saw them, new ones last", () => {
    const { a, anna } = twoBrowsers();
    for (const id of ["1", "2", "3"]) anna.put(note(id));
    sign(a, "2", "2026-11-23T08:00:00Z");
    sign(a, "1", "2026-11-23T09:00:00Z");
    expect(anna.get().map(({ id }) => id)).toEqual(["2", "1", "3"]);
  });

  test("that are damaged are left out", () => {
    const { a, anna } = twoBrowsers();
    a.getMap(NAME).set("x", { body: "not a map" });
    a.getMap(NAME).set("y", new YMap([["status", 3]]));
    expect(anna.get()).toEqual([]);
  });

  test("never say themselves whose they are", () => {
    const { a, anna } = twoBrowsers();
    const claims = { author: ANNA, created: "1999-01-01T00:00:00Z" };
    anna.put(note("1", { ...claims, replies: [{ id: "r", body: "yes", ...claims }] }));
    expect(anna.get()).toEqual([note("1", { replies: [{ id: "r", body: "yes" }] })]);
    sign(a, "1");
    expect(anna.get()[0]?.author).toEqual(ANNA);
  });
});

describe("the kernel", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is called, and gets copies of what was changed here, again when they are signed", () => {
    const [doc, kernel] = [new Doc(), new Kernel()];
    const entries = new SharedEntries(doc, ITEM, NOTES, kernel);
    expect(kernel.sent[0]?.[0]).toBe("_notes_calls");
    entries.put(note("1"));
    vi.runAllTimers();
    sign(doc, "1");
    vi.runAllTimers();
    expect(kernel.copies.map(([first]) => (first as Note).author?.name)).toEqual([
      undefined,
      "Anna",
    ]);
    doc.getMap(NAME).set("2", new YMap([["body", "somebody else's"]]));
    vi.runAllTimers();
    expect(kernel.copies).toHaveLength(2);
  });

  test("has its wish granted once, by the browser that asked it", () => {
    const [mine, other] = [new Kernel(), new Kernel()];
    const [a, b] = [new Doc(), new Doc()];
    const [here, there] = [
      new SharedEntries(a, ITEM, NOTES, mine),
      new SharedEntries(b, ITEM, NOTES, other),
    ];
    mine.wish({ put: note("1") });
    other.wish({ put: note("1") }, false);
    expect([here.get().length, there.get().length]).toEqual([1, 0]);
    here.write("1", { at: 0, removed: 0, inserted: "old " });
    mine.wish({ put: note("1") });
    expect(here.get()[0]?.body).toBe("old crack");
    mine.wish({ remove: "1" });
    mine.wish({ put: { nonsense: true } });
    expect(here.get()).toEqual([]);
  });

  test("hears nothing of a closed view", () => {
    const [doc, kernel] = [new Doc(), new Kernel()];
    const entries = new SharedEntries(doc, ITEM, NOTES, kernel);
    entries.put(note("1"));
    entries.dispose();
    vi.runAllTimers();
    expect(kernel.copies).toHaveLength(0);
  });
});
