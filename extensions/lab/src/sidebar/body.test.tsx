import { nullTranslator } from "@jupyterlab/translation";
import axe from "axe-core";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Company, DatasetRecord, WorkspaceApi } from "../api";
import { ApiError } from "../api";
import { Workspace } from "../workspace";
import { PanelBody } from "./body";

const COMPANY: Company = {
  workgroup: { slug: "murals", title: "Wall Paintings" },
  members: [
    person("murals-lead", "Anna Ancher", { is_you: true, is_here: true, role: "lead" }),
    person("murals-member", "Ben Nicholson", {}),
  ],
};

function person(username: string, display_name: string, rest: object) {
  const plain = { role: "member", is_here: false, is_you: false };
  return { username, display_name, initials: "AA", color: "#23406e", ...plain, ...rest };
}

function record(path: string, rest: Partial<DatasetRecord> = {}): DatasetRecord {
  return {
    id: path.length.toString(16).padStart(32, "0"),
    path,
    title: `Title of ${path}`,
    kind: "cube",
    rights: "CC0-1.0",
    synthetic: true,
    description: "",
    version: 3,
    size_bytes: 212_000_000,
    created: "2026-11-22T10:00:00Z",
    ...rest,
  };
}

async function show(api: Partial<WorkspaceApi>, onOpen = vi.fn()): Promise<HTMLElement> {
  const quiet: WorkspaceApi = {
    company: async () => COMPANY,
    datasets: async () => [],
    beat: async () => undefined,
  };
  const workspace = new Workspace({ ...quiet, ...api });
  await Promise.all([workspace.refreshCompany(), workspace.refreshDatasets()]);
  const node = document.createElement("main");
  document.body.replaceChildren(node);
  const trans = nullTranslator.load("museion");
  await act(() =>
    createRoot(node).render(<PanelBody workspace={workspace} trans={trans} onOpen={onOpen} />),
  );
  return node;
}

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
});

describe("the sidebar", () => {
  test("names the workgroup, who is here, and you", async () => {
    const text = (await show({})).textContent;
    expect(text).toContain("Wall Paintings");
    expect(text).toContain("Anna Ancher (you)Lead · here");
    expect(text).toContain("Ben NicholsonMember · away");
  });

  test("says of each dataset what a researcher needs to know", async () => {
    const node = await show({ datasets: async () => [record("murals/panel")] });
    expect(node.textContent).toContain("Spectral cube · 212 MB · version 3 · CC0-1.0");
    expect(node.querySelector(".mus-Badge")?.textContent).toBe("synthetic");
  });

  test("inserts the line of the dataset whose button is pressed", async () => {
    const onOpen = vi.fn();
    const datasets = async () => [record("murals/panel"), record("murals/vessel")];
    const node = await show({ datasets }, onOpen);
    const [, second] = node.querySelectorAll<HTMLButtonElement>(".mus-Dataset button");
    expect(second?.getAttribute("aria-label")).toContain("Title of murals/vessel");
    second?.click();
    expect(onOpen).toHaveBeenCalledExactlyOnceWith("murals/vessel");
  });

  test("offers no line for a dataset without a version", async () => {
    const node = await show({ datasets: async () => [record("murals/draft", { version: null })] });
    expect(node.querySelector<HTMLButtonElement>(".mus-Dataset button")?.disabled).toBe(true);
  });

  test("says what to do when there is nothing, and when something is wrong", async () => {
    expect((await show({})).textContent).toContain("No datasets yet");
    const refusal = new ApiError("The registry does not answer", "Wait a minute.");
    const node = await show({ datasets: () => Promise.reject(refusal) });
    const alert = node.querySelector('[role="alert"]');
    expect(alert?.textContent).toBe("The registry does not answerWait a minute.");
  });

  test("has nothing that axe objects to", async () => {
    const datasets = async () => [record("murals/panel"), record("murals/vessel")];
    const node = await show({ datasets });
    const { violations } = await axe.run(node, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map((violation) => violation.help)).toEqual([]);
  });
});
