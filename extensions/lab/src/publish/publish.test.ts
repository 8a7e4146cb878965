import { nullTranslator } from "@jupyterlab/translation";
import { expect, test, vi } from "vitest";
import { ApiError } from "../api";
import type { PublishingApi, Snapshot } from "./api";
import { publishNotebook, type Talk } from "./publish";

const trans = nullTranslator.load("museion");
const SNAPSHOT: Snapshot = {
  id: "0".repeat(32),
  path: "maps/panel.ipynb",
  title: "Blue pigments",
  published: "2026-11-22T10:00:00Z",
  publisher: "Anna Ancher",
  address: "/services/registry/workgroups/murals/snapshots/0",
};

function scene(api: Partial<PublishingApi>, wants = true) {
  const talk = {
    confirm: vi.fn<Talk["confirm"]>(async () => wants),
    succeed: vi.fn<Talk["succeed"]>(),
    fail: vi.fn<Talk["fail"]>(),
  };
  const publish = vi.fn(async () => SNAPSHOT);
  const whole: PublishingApi = { snapshots: async () => [], publish, ...api };
  const run = () => publishNotebook(SNAPSHOT.path, "Wall Paintings", whole, talk, trans);
  return { talk, publish, run };
}

test("a notebook is published after a yes, and its page can be shown", async () => {
  const { talk, publish, run } = scene({});
  expect(await run()).toBe(SNAPSHOT);
  expect(publish).toHaveBeenCalledExactlyOnceWith("maps/panel.ipynb");
  const message = "Guests of Wall Paintings can read “Blue pigments” now.";
  expect(talk.succeed).toHaveBeenCalledExactlyOnceWith(message, SNAPSHOT.address);
});

test("nothing is published after a no", async () => {
  const { talk, publish, run } = scene({}, false);
  expect(await run()).toBeNull();
  expect(publish).not.toHaveBeenCalled();
  expect(talk.succeed).not.toHaveBeenCalled();
});

test("the question says whose page is replaced", async () => {
  const { talk, run } = scene({ snapshots: async () => [SNAPSHOT] });
  await run();
  const question = talk.confirm.mock.calls[0]?.[0];
  expect(question?.accept).toBe("Publish again");
  expect(question?.lines.at(-1)).toContain("replaces the page that Anna Ancher published");
});

test("a refusal is told with its remedy", async () => {
  const refusal = new ApiError("The page would be too large: 14.0 MB", "cell 2 is the largest.");
  const { talk, run } = scene({ publish: () => Promise.reject(refusal) });
  expect(await run()).toBeNull();
  const told = "The page would be too large: 14.0 MB. Cell 2 is the largest.";
  expect(talk.fail).toHaveBeenCalledExactlyOnceWith(told);
});
