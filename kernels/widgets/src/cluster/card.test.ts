import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HostError } from "../host";
import { mountCluster } from "./index";
import { readReport } from "./report";
import { type ClusterHost, ClusterWatch, EVERY_MS } from "./watch";

const ID = "workspace-pca-11112222";
const RUNNING = {
  id: ID,
  place: "workspace",
  label: "pca.ipynb",
  state: "running",
  wanted: 2,
  limit: 8,
  workers: [worker("0", 900e6), worker("1", 100e6)],
  tasks: { waiting: 4, processing: 2, memory: 7, erred: 0, released: 0 },
  progress: [{ name: "unmix", done: 30, total: 40 }],
  dashboard: true,
  started: "2026-11-22T20:41:00Z",
};

function worker(name: string, memory_bytes: number) {
  return { name, memory_bytes, memory_limit_bytes: 1e9, cpu_percent: 97, processing: 1 };
}

function server(first: object | null = RUNNING, may_act = true) {
  const state = { report: first, may_act, posts: [] as [string, unknown][] };
  const host: ClusterHost = {
    baseUrl: "/user/wg-murals/",
    fetchJson: vi.fn(async () => {
      const clusters = state.report ? [state.report] : [];
      return { clusters, places: ["workspace"], may_act: state.may_act } as never;
    }),
    fetchBytes: vi.fn(),
    postJson: vi.fn(async (path: string, body: unknown) => {
      state.posts.push([path, body]);
      return {} as never;
    }),
  } as ClusterHost;
  return { state, host, watch: new ClusterWatch(host) };
}

async function show(watch: ClusterWatch) {
  const saved = readReport({ id: ID, label: "pca.ipynb", place: "workspace", state: "running" });
  if (!saved) throw new Error("no report");
  const node = document.createElement("main");
  document.body.replaceChildren(node);
  const card = mountCluster(node, saved, watch);
  await vi.advanceTimersByTimeAsync(1);
  return { node, card };
}

function button(node: HTMLElement, name: string): HTMLButtonElement {
  const found = [...node.querySelectorAll("button")].find((each) => each.textContent === name);
  if (!found) throw new Error(`no button ${name}`);
  return found;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the card of a cluster", () => {
  test("says state, place, workers, memory and how far the work is", async () => {
    const { node, card } = await show(server().watch);
    const text = node.querySelector(".museion-cluster")?.textContent ?? "";
    for (const part of ["Computing · 75 %", "2 workers · in this workspace", "30 of 40"]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("1.0 GB of 2.0 GB");
    const meter = node.querySelector('[role="meter"]');
    expect(meter?.getAttribute("aria-valuetext")).toContain("900 MB of 1.0 GB, nearly full");
    card.dispose();
  });

  test("links to the dashboard through the workspace's server", async () => {
    const { node, card } = await show(server().watch);
    const link = node.querySelector("a");
    expect(link?.getAttribute("href")).toBe(
      `/user/wg-murals/museion/clusters/${ID}/dashboard/status`,
    );
    expect(link?.hidden).toBe(false);
    card.dispose();
  });

  test("keeps what is being typed while reports come in", async () => {
    const { state, watch } = server();
    const { node, card } = await show(watch);
    const input = node.querySelector<HTMLInputElement>('input[type="number"]');
    if (!input) throw new Error("no input");
    input.value = "5";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    state.report = { ...RUNNING, wanted: 3 };
    await vi.advanceTimersByTimeAsync(EVERY_MS + 1);
    expect(input.value).toBe("5");
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    await vi.advanceTimersByTimeAsync(1);
    expect(state.posts).toEqual([[`clusters/${ID}/scale`, { workers: 5 }]]);
    expect(input.value).toBe("3");
    card.dispose();
  });

  test("adapts between two numbers", async () => {
    const { state, watch } = server({ ...RUNNING, adaptive: { minimum: 1, maximum: 4 } });
    const { node, card } = await show(watch);
    button(node, "Apply").form?.dispatchEvent(new Event("submit", { cancelable: true }));
    await vi.advanceTimersByTimeAsync(1);
    expect(state.posts).toEqual([[`clusters/${ID}/adapt`, { minimum: 1, maximum: 4 }]]);
    card.dispose();
  });

  test("asks before it stops, and Escape keeps the cluster", async () => {
    const { state, watch } = server();
    const { node, card } = await show(watch);
    button(node, "Stop").click();
    const keep = button(node, "Keep it");
    expect(document.activeElement).toBe(keep);
    keep.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(state.posts).toEqual([]);
    expect(document.activeElement).toBe(button(node, "Stop"));
    button(node, "Stop").click();
    button(node, "Stop it").click();
    await vi.advanceTimersByTimeAsync(1);
    expect(state.posts).toEqual([[`clusters/${ID}/close`, {}]]);
    card.dispose();
  });

  test("lets who may only look do nothing, and says so", async () => {
    const { node, card } = await show(server(RUNNING, false).watch);
    expect(button(node, "Stop").hidden).toBe(true);
    expect(node.querySelector("form")?.hidden).toBe(true);
    expect(node.textContent).toContain("You may look");
    card.dispose();
  });

  test("of a cluster that has ended says so", async () => {
    const { node, card } = await show(server(null).watch);
    expect(node.querySelector(".mk-notice")?.textContent).toContain("This cluster has ended");
    expect(node.querySelector(".mk-state")?.textContent).toBe("Stopped");
    card.dispose();
  });

  test("shows why a cluster failed, and what was refused", async () => {
    const error = { message: "The queue is full", hint: "Try again later." };
    const { watch, host } = server({ ...RUNNING, state: "failed", error });
    const { node, card } = await show(watch);
    expect(node.querySelector(".mk-notice")?.textContent).toBe("The queue is fullTry again later.");
    vi.mocked(host.postJson).mockRejectedValueOnce(new HostError("Not now", 409, "Wait."));
    button(node, "Clear away").click();
    await vi.advanceTimersByTimeAsync(1);
    expect(node.querySelector('[role="alert"]')?.textContent).toBe("Not nowWait.");
    card.dispose();
  });

  test("has nothing that axe objects to", async () => {
    const { node, card } = await show(server().watch);
    vi.useRealTimers();
    const { violations } = await axe.run(node, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ help, nodes }) => [help, nodes.map((each) => each.html)])).toEqual([]);
    card.dispose();
  });
});

describe("the watch", () => {
  test("asks once for all cards, and no more when the last is gone", async () => {
    const { host, watch } = server();
    const first = watch.subscribe(() => undefined);
    const second = watch.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(EVERY_MS + 1);
    expect(host.fetchJson).toHaveBeenCalledTimes(2);
    first.dispose();
    second.dispose();
    await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
    expect(host.fetchJson).toHaveBeenCalledTimes(2);
  });

  test("keeps what it knew while the server is away, asks less often, and goes on", async () => {
    const { host, watch } = server();
    const following = watch.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(1);
    vi.mocked(host.fetchJson).mockRejectedValueOnce(new TypeError("network"));
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(watch.now.clusters?.clusters).toHaveLength(1);
    expect(watch.now.trouble?.message).toBe("The workspace does not answer");
    await vi.advanceTimersByTimeAsync(2 * EVERY_MS);
    expect(watch.now.trouble).toBeNull();
    following.dispose();
  });
});
