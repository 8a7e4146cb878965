import { describe, expect, it, vi } from "vitest";
import type { ViewerHost } from "../host";
import { type PageSink, PageStore } from "./pages";
import { packPages } from "./testing";

const EMPTY_PAGE = Uint8Array.of(1, 0, 0, 0);

/** A server that answers when told to. */
class SlowHost implements ViewerHost {
  readonly baseUrl = "/";
  readonly asked: string[] = [];
  private readonly answers: (() => void)[] = [];
  isBroken = false;

  fetchJson<T>(): Promise<T> {
    return Promise.reject(new Error("not asked here"));
  }

  fetchBytes(path: string): Promise<ArrayBuffer> {
    this.asked.push(path);
    return new Promise((resolve, reject) => {
      this.answers.push(() => {
        if (this.isBroken) reject(new Error("broken"));
        const ids = path.split("ids=")[1]?.split(",").map(Number) ?? [];
        resolve(packPages(ids.map((id) => [id, EMPTY_PAGE])));
      });
    });
  }

  async answerAll(): Promise<void> {
    for (const answer of this.answers.splice(0)) answer();
    await new Promise((resolve) => setTimeout(resolve));
  }
}

const wish = (...groups: number[]) => groups.map((group) => ({ group, error: 10 - group }));
const sinkOf = (bytes: number): PageSink => ({ add: () => bytes, remove: vi.fn() });

function makeStore(host: SlowHost, sink = sinkOf(1), budget = 100) {
  const onError = vi.fn();
  const store = new PageStore(host, "pages?version=1", sink, budget, () => {}, onError);
  return { store, onError };
}

describe("pages", () => {
  it("asks for the most urgent first, a few requests at a time", () => {
    const host = new SlowHost();
    makeStore(host).store.want(wish(...Array.from({ length: 30 }, (_, index) => index + 1)));
    expect(host.asked.map((path) => path.split("ids=")[1])).toEqual([
      "1,2,3,4",
      "5,6,7,8",
      "9,10,11,12",
    ]);
  });

  it("never asks twice for the same page", async () => {
    const host = new SlowHost();
    const { store } = makeStore(host);
    store.want(wish(1, 2));
    store.want(wish(2, 1));
    await host.answerAll();
    store.want(wish(1, 2));
    expect(host.asked).toHaveLength(1);
    expect(store.has(1) && store.has(2)).toBe(true);
  });

  it("forgets what was unused for longest when memory is short", async () => {
    const host = new SlowHost();
    const sink = sinkOf(60);
    const { store } = makeStore(host, sink);
    store.want(wish(1));
    await host.answerAll();
    store.want(wish(2));
    await host.answerAll();
    expect(sink.remove).toHaveBeenCalledWith(1);
    expect(store.has(2)).toBe(true);
  });

  it("reports a server that keeps failing, and then stops asking", async () => {
    const host = new SlowHost();
    host.isBroken = true;
    const { store, onError } = makeStore(host);
    store.want(wish(1));
    for (let round = 0; round < 5; round += 1) await host.answerAll();
    expect(onError).toHaveBeenCalledTimes(1);
    expect(host.asked).toHaveLength(3);
  });

  it("ignores answers that come after it was cleared", async () => {
    const host = new SlowHost();
    const sink = sinkOf(1);
    const add = vi.spyOn(sink, "add");
    const { store } = makeStore(host, sink);
    store.want(wish(1));
    store.clear();
    await host.answerAll();
    expect(add).not.toHaveBeenCalled();
  });
});
