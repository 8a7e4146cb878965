import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HostError } from "../host";
import { type PageBudget, type PageSink, PageStore } from "./pages";
import type { ScanSource } from "./sources";
import { packPages } from "./testing";

const PAGE = Uint8Array.of(1, 0, 0, 0);

/** A server that answers when told to. */
class SlowSource implements ScanSource {
  readonly asked: string[] = [];
  private readonly answers: (() => void)[] = [];
  trouble: (ids: readonly number[]) => unknown = () => null;

  head(): Promise<ArrayBuffer> {
    return Promise.reject(new Error("not asked here"));
  }

  pages(ids: readonly number[]): Promise<ArrayBuffer> {
    this.asked.push(ids.join(","));
    return new Promise((resolve, reject) => {
      this.answers.push(() => {
        const trouble = this.trouble(ids);
        if (trouble) reject(trouble);
        else resolve(packPages(ids.map((id) => [id, PAGE])));
      });
    });
  }

  async answerAll(): Promise<void> {
    for (const answer of this.answers.splice(0)) answer();
    await vi.advanceTimersByTimeAsync(1);
  }
}

const wish = (...groups: number[]) => groups.map((group) => ({ group, error: 10 - group }));
const sinkOf = (bytes: number): PageSink => ({ add: () => bytes, remove: vi.fn() });
const PLENTY: PageBudget = { card: 100, memory: 100 };

function makeStore(source: SlowSource, sink = sinkOf(1), budget = PLENTY, corrupt = -1) {
  const events = { changed: vi.fn(), waiting: vi.fn(), damaged: vi.fn(), refused: vi.fn() };
  const decode = (group: number) =>
    group === corrupt ? Promise.reject(new Error("corrupt")) : Promise.resolve([]);
  return { store: new PageStore({ source, sink, budget, events, decode }), events };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("pages", () => {
  it("asks for the most urgent first, a few requests at a time", () => {
    const source = new SlowSource();
    makeStore(source).store.want(wish(...Array.from({ length: 30 }, (_, index) => index + 1)));
    expect(source.asked).toEqual(["1,2,3,4", "5,6,7,8", "9,10,11,12"]);
  });

  it("never asks twice for the same page", async () => {
    const source = new SlowSource();
    const { store } = makeStore(source);
    store.want(wish(1, 2));
    store.want(wish(2, 1));
    await source.answerAll();
    store.want(wish(1, 2));
    expect(source.asked).toHaveLength(1);
    expect(store.has(1) && store.has(2)).toBe(true);
  });

  it("ignores answers that come after it was cleared", async () => {
    const source = new SlowSource();
    const sink = sinkOf(1);
    const add = vi.spyOn(sink, "add");
    const { store } = makeStore(source, sink);
    store.want(wish(1));
    store.clear();
    await source.answerAll();
    expect(add).not.toHaveBeenCalled();
  });
});

describe("room for pages", () => {
  it("on the card goes to those used last; the others stay in memory", async () => {
    const source = new SlowSource();
    const sink = sinkOf(60);
    const { store } = makeStore(source, sink);
    store.want(wish(1));
    await source.answerAll();
    store.want(wish(2));
    await source.answerAll();
    expect(sink.remove).toHaveBeenCalledWith(1);
    expect([store.has(1), store.has(2)]).toEqual([false, true]);
    store.want(wish(1));
    await source.answerAll();
    expect(store.has(1)).toBe(true);
    expect(source.asked).toEqual(["1", "2"]);
  });

  it("in memory goes to those used last, too", async () => {
    const source = new SlowSource();
    const sink = sinkOf(1);
    const { store } = makeStore(source, sink, { card: 100, memory: 6 });
    store.want(wish(1));
    await source.answerAll();
    store.want(wish(2));
    await source.answerAll();
    expect(store.page(1)).toBeUndefined();
    expect(sink.remove).toHaveBeenCalledWith(1);
    expect(store.page(2)).toEqual(PAGE);
  });

  it("is not taken from what is wanted now", async () => {
    const source = new SlowSource();
    const sink = sinkOf(90);
    const { store } = makeStore(source, sink);
    store.want(wish(1, 2));
    await source.answerAll();
    expect(sink.remove).not.toHaveBeenCalled();
  });
});

describe("bad luck", () => {
  it("makes it ask again, later and later, and go on by itself", async () => {
    const source = new SlowSource();
    source.trouble = () => new TypeError("Failed to fetch");
    const { store, events } = makeStore(source);
    store.want(wish(1));
    await source.answerAll();
    expect(events.waiting).toHaveBeenLastCalledWith(true);
    store.want(wish(1));
    expect(source.asked).toHaveLength(1);
    for (const pause of [500, 1000, 2000]) {
      await vi.advanceTimersByTimeAsync(pause - 10);
      await source.answerAll();
      await vi.advanceTimersByTimeAsync(10);
      await source.answerAll();
    }
    expect(source.asked).toHaveLength(4);
    source.trouble = () => null;
    store.again();
    await source.answerAll();
    expect(events.waiting).toHaveBeenLastCalledWith(false);
    expect(store.has(1)).toBe(true);
  });

  it("with one page does not take the others of its request along", async () => {
    const source = new SlowSource();
    source.trouble = (ids) => (ids.includes(2) ? new HostError("", 502, "", "integrity") : null);
    const { store, events } = makeStore(source);
    store.want(wish(1, 2, 3));
    for (let round = 0; round < 6; round += 1) await source.answerAll();
    expect([1, 2, 3].map((group) => store.has(group))).toEqual([true, false, true]);
    expect(store.isBroken(2)).toBe(true);
    expect(events.damaged).toHaveBeenLastCalledWith(1);
    expect(events.refused).not.toHaveBeenCalled();
  });

  it("with a page's content leaves that page out", async () => {
    const source = new SlowSource();
    const { store, events } = makeStore(source, sinkOf(1), PLENTY, 2);
    store.want(wish(1, 2));
    await source.answerAll();
    store.want(wish(1, 2));
    await source.answerAll();
    expect([store.has(1), store.isBroken(2)]).toEqual([true, true]);
    expect(events.damaged).toHaveBeenCalledExactlyOnceWith(1);
    expect(source.asked).toHaveLength(1);
  });

  it.each([401, 403])("of a person who may not (%i) ends the asking until told", async (status) => {
    const source = new SlowSource();
    source.trouble = () => new HostError("", status, "", "refused");
    const { store, events } = makeStore(source);
    store.want(wish(1));
    await source.answerAll();
    store.want(wish(1));
    expect(events.refused).toHaveBeenCalledTimes(1);
    expect(source.asked).toHaveLength(1);
    source.trouble = () => null;
    store.again();
    await source.answerAll();
    expect(store.has(1)).toBe(true);
  });

  it("with every page is a refusal", async () => {
    const source = new SlowSource();
    source.trouble = () => new HostError("", 404, "", "not_found");
    const { store, events } = makeStore(source);
    store.want(wish(...Array.from({ length: 12 }, (_, index) => index + 1)));
    for (let round = 0; round < 12; round += 1) await source.answerAll();
    expect(events.refused).toHaveBeenCalledTimes(1);
    expect(events.damaged).toHaveBeenLastCalledWith(3);
  });

  it("of the card keeps pages in memory", async () => {
    const source = new SlowSource();
    const { store } = makeStore(source);
    store.want(wish(1));
    await source.answerAll();
    store.forgetCard();
    expect(store.has(1)).toBe(false);
    store.want(wish(1));
    await vi.advanceTimersByTimeAsync(1);
    expect(store.has(1)).toBe(true);
    expect(source.asked).toHaveLength(1);
  });
});
