import { nullTranslator } from "@jupyterlab/translation";
import { type ClusterHost, ClusterWatch, readReport } from "@museion/widgets/lib/cluster/index";
import axe from "axe-core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { savedReport } from "./renderer";
import { Clusters } from "./section";
import { StatusBody, summarise } from "./status";

const REPORT = { id: "workspace-pca-1", name: "pca", label: "pca", state: "running" };
const trans = nullTranslator.load("museion");
let root: Root | null = null;

function host(clusters: object[], may_act = true) {
  const answer = { clusters, places: ["workspace", "hpc"], may_act };
  return {
    baseUrl: "/",
    fetchJson: vi.fn(async () => answer as never),
    postJson: vi.fn(async () => ({ id: "hpc-analysis-2" }) as never),
  } satisfies ClusterHost;
}

async function show(element: JSX.Element): Promise<HTMLElement> {
  const node = document.createElement("main");
  document.body.replaceChildren(node);
  await act(async () => {
    root = createRoot(node);
    root.render(element);
  });
  return node;
}

function section(answer: ClusterHost, onConnect = vi.fn()): JSX.Element {
  return <Clusters watch={new ClusterWatch(answer)} trans={trans} onConnect={onConnect} />;
}

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
});
afterEach(() => act(async () => root?.unmount()));

describe("the clusters in the sidebar", () => {
  test("have a card each, and a line that connects", async () => {
    const onConnect = vi.fn();
    const node = await show(section(host([REPORT]), onConnect));
    expect(node.querySelector(".museion-cluster h3")?.textContent).toBe("pca");
    node.querySelector<HTMLButtonElement>(".mus-Clusters-connect")?.click();
    expect(onConnect).toHaveBeenCalledExactlyOnceWith("pca");
  });

  test("are started with a name, a place, workers and memory", async () => {
    const answer = host([]);
    const node = await show(section(answer));
    expect(node.textContent).toContain("None is running");
    const form = node.querySelector("form");
    await act(async () => form?.requestSubmit());
    const wish = { name: "analysis", place: "workspace", workers: 2, memory_gb: 1 };
    expect(answer.postJson).toHaveBeenCalledExactlyOnceWith("clusters", wish);
  });

  test("say why one could not be started", async () => {
    const answer = host([]);
    answer.postJson.mockRejectedValue(new TypeError("network"));
    const node = await show(section(answer));
    await act(async () => node.querySelector("form")?.requestSubmit());
    expect(node.querySelector('[role="alert"]')?.textContent).toContain("does not answer");
  });

  test("are only looked at by who may only look", async () => {
    const node = await show(section(host([REPORT], false)));
    expect(node.querySelector(".mus-Start")).toBeNull();
    expect(node.querySelector(".mus-Clusters-connect")).toBeNull();
  });

  test("have nothing that axe objects to", async () => {
    const node = await show(section(host([REPORT])));
    const { violations } = await axe.run(node, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map((violation) => violation.help)).toEqual([]);
  });
});

describe("the status bar", () => {
  test("is empty without clusters, and says how far the slowest is", async () => {
    const empty = await show(
      <StatusBody watch={new ClusterWatch(host([]))} trans={trans} onOpen={vi.fn()} />,
    );
    expect(empty.textContent).toBe("");
    const reports = [0.5, 0.9].map((part) =>
      readReport({ ...REPORT, progress: [{ name: "a", done: 100 * part, total: 100 }] }),
    );
    const found = reports.filter((each) => each !== null);
    expect(summarise(found)).toEqual({ count: 2, part: 0.5, failed: 0 });
  });
});

test.each([null, {}, { version: 2, saved: REPORT }, { version: 1, saved: { id: "../x" } }])(
  "an output that names no cluster is not believed: %j",
  (data) => {
    expect(savedReport(data)).toBeNull();
  },
);
