import { expect, test } from "vitest";
import { TitleKeeper, windowTitle } from "./title";

test.each([
  ["01-first-look.ipynb", "Wall Paintings", "01-first-look.ipynb · Wall Paintings · Museion"],
  [undefined, "Wall Paintings", "Wall Paintings · Museion"],
  ["Launcher", undefined, "Launcher · Museion"],
  [undefined, undefined, "Museion"],
])("the title for %s in %s", (document, workgroup, expected) => {
  expect(windowTitle(document, workgroup)).toBe(expected);
});

test("the title is kept when JupyterLab sets its own", async () => {
  document.head.innerHTML = "<title>JupyterLab</title>";
  const keeper = new TitleKeeper(() => "Museion");
  document.title = "01-first-look.ipynb - anna";
  await expect.poll(() => document.title).toBe("Museion");
  keeper.dispose();
});
