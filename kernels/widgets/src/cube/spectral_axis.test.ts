import { expect, test } from "vitest";
import type { CubeInfo } from "./api";
import { mainLines, readLines } from "./element_lines";
import { presetsOf } from "./presets";
import { columnOf, describeNear, describePlace, type SpectralAxis, titleOf } from "./spectral_axis";

const ENERGY: SpectralAxis = { name: "energy", units: "keV" };
const LINES = [
  { name: "Pb L", energy_kev: 10.55, share: 0.45 },
  { name: "Pb L", energy_kev: 12.61, share: 0.3 },
  { name: "Fe K", energy_kev: 6.4, share: 0.88 },
  { name: "Sn K", energy_kev: 25.2, share: 0.8 },
];

test.each<[SpectralAxis, string, string, string, string]>([
  [{ name: "wavelength", units: "nm" }, "650.25 nm", "650 nm", "wavelength / nm", "wavelength_nm"],
  [ENERGY, "650.25 keV", "650.25 keV", "energy / keV", "energy_keV"],
  [{ name: "channel", units: "" }, "channel 650.25", "channel 650", "channel", "channel"],
])("%o says where and in which unit", (axis, exact, near, title, column) => {
  const said = [describePlace(axis, 650.25), describeNear(axis, 650.25), titleOf(axis)];
  expect([...said, columnOf(axis)]).toEqual([exact, near, title, column]);
});

test("the strongest line of each family within the range can be chosen", () => {
  expect(mainLines(LINES).map(({ name }) => name)).toEqual(["Pb L", "Fe K", "Sn K"]);
  const info = { axis: ENERGY, coordinate: [0, 6.38, 10.5, 10.58, 16] } as unknown as CubeInfo;
  expect(presetsOf(info, LINES)).toEqual([
    { text: "Pb L", bands: [10.58] },
    { text: "Fe K", bands: [6.38] },
  ]);
});

test("lines from outside are checked", () => {
  expect(readLines([...LINES, { name: 3 }, null, { name: "X", energy_kev: null }])).toEqual(LINES);
  expect(readLines("Pb")).toEqual([]);
});
