import { expect, test } from "vitest";
import { type LimitNotice, NoticeWatch, notebooksOf } from "./watch";

const notice = (time: number, ...kernels: string[]): LimitNotice => ({
  time,
  message: `at ${time}`,
  kernels,
});

test("tells what happens while the page is open, each once", async () => {
  const told: string[] = [];
  let said: LimitNotice[] = [notice(1)];
  const watch = new NoticeWatch(
    async () => said,
    (one) => told.push(one.message),
  );
  await watch.look();
  expect(told).toEqual([]);
  said = [notice(1), notice(2), notice(3)];
  await watch.look();
  await watch.look();
  expect(told).toEqual(["at 2", "at 3"]);
});

test("tells the first one there ever was", async () => {
  const told: string[] = [];
  let said: LimitNotice[] = [];
  const watch = new NoticeWatch(
    async () => said,
    (one) => told.push(one.message),
  );
  await watch.look();
  said = [notice(5)];
  await watch.look();
  expect(told).toEqual(["at 5"]);
});

test("names the notebooks that stopped", () => {
  const sessions = [
    { path: "b.ipynb", kernel: { id: "two" } },
    { path: "a.ipynb", kernel: { id: "one" } },
    { path: "c.ipynb", kernel: { id: "three" } },
    { path: "d.ipynb", kernel: null },
  ];
  expect(notebooksOf(notice(1, "one", "two"), sessions)).toEqual(["a.ipynb", "b.ipynb"]);
  expect(notebooksOf(notice(1), sessions)).toEqual([]);
});
