import { nullTranslator } from "@jupyterlab/translation";
import { expect, test } from "vitest";
import { inkOn } from "./colour";
import { formatSize, kindLabel, roleLabel } from "./format";

const trans = nullTranslator.load("museion");

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [9_960, "10 kB"],
  [999_600, "1.0 MB"],
  [212_345_678, "212 MB"],
  [1_234_000_000, "1.2 GB"],
  [5e15, "5000 TB"],
])("%d bytes read %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test("an unknown kind or role is shown as it is", () => {
  expect(kindLabel("hologram", trans)).toBe("hologram");
  expect(roleLabel("warden", trans)).toBe("warden");
  expect(roleLabel(null, trans)).toBe("");
});

test.each([
  ["#d9cbaa", "#1d1a16"],
  ["#c98a1b", "#1d1a16"],
  ["#23406e", "#fffdf8"],
  ["var(--jp-collaborator-color3)", "#fffdf8"],
])("initials on %s are written in %s", (fill, ink) => {
  expect(inkOn(fill)).toBe(ink);
});
