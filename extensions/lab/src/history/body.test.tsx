import { nullTranslator } from "@jupyterlab/translation";
import axe from "axe-core";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { ApiError } from "../api";
import { HistoryBody } from "./body";
import { HistoryModel } from "./model";
import type { Comparison, History, HistoryApi, Version } from "./versions";

const ANNA = { username: "anna", display_name: "Anna Ancher" };
const COMPARISON: Comparison = {
  changes: [
    { change: "gone", kind: "code", number: 2, lines: [["-", "added"]] },
    {
      change: "changed",
      kind: "code",
      number: 1,
      lines: [
        [" ", "x = 1"],
        ["-", "y = 2"],
        ["+", "<img src=x>"],
      ],
    },
  ],
  back: 1,
  gone: 2,
  is_cut: false,
};

function version(number: number, rest: Partial<Version> = {}): Version {
  const taken = Date.UTC(2026, 10, 22, 12, 0, number) / 1000;
  const plain = { path: "folder/a.ipynb", taken, authors: [ANNA], size_bytes: 10 };
  return { number, reason: "timer", ...plain, ...rest };
}

const HISTORY: History = {
  versions: [version(2), version(1, { authors: [], reason: "opened" })],
  may_restore: true,
  troubles: {},
};

function quiet(rest: Partial<HistoryApi> = {}): HistoryApi {
  return {
    list: async () => HISTORY,
    compare: async () => COMPARISON,
    restore: async () => undefined,
    ...rest,
  };
}

async function show(api: HistoryApi, onRestore = vi.fn(), path: string | null = "folder/a.ipynb") {
  const model = new HistoryModel(api);
  const node = document.createElement("main");
  document.body.replaceChildren(node);
  const trans = nullTranslator.load("museion");
  const root = createRoot(node);
  const draw = () => act(async () => root.render(<HistoryBody {...{ model, trans, onRestore }} />));
  await model.show(path);
  await draw();
  return { model, node, draw };
}

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
});

describe("the history panel", () => {
  test("names the document, and of each version who edited and why it was kept", async () => {
    const { node } = await show(quiet());
    expect(node.querySelector("h2")?.textContent).toBe("a.ipynb");
    const [young, old] = node.querySelectorAll(".mus-Version");
    expect(young?.textContent).toContain("Anna Ancher");
    expect(young?.textContent).toContain("while it was edited");
    expect(old?.textContent).toContain("no edits by a member");
  });

  test("opens one version at a time and says what would change, as text", async () => {
    const { node, model, draw } = await show(quiet());
    await model.select(1);
    await draw();
    const open = node.querySelectorAll('[aria-expanded="true"]');
    expect(open).toHaveLength(1);
    const details = document.getElementById(open[0]?.getAttribute("aria-controls") ?? "");
    expect(details?.textContent).toContain("Cell 2 of now goes");
    expect(details?.textContent).toContain("+comes back:<img src=x>");
    expect(details?.querySelector("img")).toBeNull();
    await model.select(1);
    await draw();
    expect(node.querySelectorAll('[aria-expanded="true"]')).toHaveLength(0);
  });

  test("brings a version back only through its button, and says so", async () => {
    const onRestore = vi.fn();
    const { node, model, draw } = await show(quiet(), onRestore);
    await model.select(2);
    await draw();
    node.querySelector<HTMLButtonElement>(".mus-Version-details > button")?.click();
    expect(onRestore).toHaveBeenCalledExactlyOnceWith(HISTORY.versions[0]);
    await model.restore(2, "It is back.");
    await draw();
    expect(node.querySelector('[role="status"]')?.textContent).toBe("It is back.");
  });

  test("offers nothing to who may only look, and for the present", async () => {
    for (const rest of [
      { list: async () => ({ ...HISTORY, may_restore: false }) },
      { compare: async () => ({ changes: [], back: 0, gone: 0, is_cut: false }) },
    ]) {
      const { node, model, draw } = await show(quiet(rest));
      await model.select(2);
      await draw();
      expect(node.querySelector(".mus-Version-details")).not.toBeNull();
      expect(node.querySelector(".mus-Version-details > button")).toBeNull();
    }
  });

  test("says what failed, what can't be kept, and that there is nothing yet", async () => {
    const refused = () => Promise.reject(new ApiError("It is not open", "Open it."));
    const failed = await show(quiet({ list: refused }));
    expect(failed.node.querySelector('[role="alert"]')?.textContent).toBe("It is not openOpen it.");
    const full = await show(
      quiet({ list: async () => ({ ...HISTORY, troubles: { file: true } }) }),
    );
    expect(full.node.querySelector('[role="alert"]')?.textContent).toContain("The disk is full");
    const none = await show(quiet({ list: async () => ({ ...HISTORY, versions: [] }) }));
    expect(none.node.textContent).toContain("No version yet");
    const nowhere = await show(quiet(), vi.fn(), null);
    expect(nowhere.node.textContent).toContain("Open a notebook");
  });

  test("keeps a refusal to bring back beside the version", async () => {
    const restore = () => Promise.reject(new ApiError("It could not be kept", "Make room."));
    const { node, model, draw } = await show(quiet({ restore }));
    await model.select(2);
    expect(await model.restore(2, "done")).toBe(false);
    await draw();
    expect(node.querySelector('.mus-Version-details [role="alert"]')?.textContent).toContain(
      "It could not be kept",
    );
  });

  test("drops the answer about a document that is not shown any more", async () => {
    let answer: (history: History) => void = () => undefined;
    const slow = new Promise<History>((resolve) => {
      answer = resolve;
    });
    const list = async (path: string) => (path === "slow" ? slow : HISTORY);
    const model = new HistoryModel(quiet({ list }));
    const first = model.show("slow");
    await model.show("fast");
    answer({ ...HISTORY, versions: [] });
    await first;
    expect(model.history.value).toBe(HISTORY);
  });

  test("has nothing that axe objects to", async () => {
    const { node, model, draw } = await show(quiet());
    await model.select(1);
    await draw();
    const { violations } = await axe.run(node, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map((violation) => violation.help)).toEqual([]);
  });
});
