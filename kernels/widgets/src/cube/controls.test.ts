import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ViewSpec } from "../host";
import type { CubeInfo, Style } from "./api";
import { Controls } from "./controls";
import { readOptions } from "./options";

const INFO: CubeInfo = {
  width: 640,
  height: 480,
  tile_size: 256,
  levels: [{ level: 0, width: 640, height: 480 }],
  axis: { name: "wavelength", units: "nm" },
  coordinate: [400, 450, 500, 550, 600, 650, 700, 750, 800, 850, 900, 950, 1000],
  good_band: [...new Array(12).fill(true), false],
  quantity: "reflectance",
  pixel_size_mm: 0.5,
  default_rgb: [650, 550, 450],
  has_daylight: true,
  illuminants: ["D65", "A"],
  limits: { low: new Array(13).fill(0.1), high: new Array(13).fill(0.9) },
  synthetic: true,
  title: "T",
};
const SPEC: ViewSpec = {
  version: 1,
  kind: "cube",
  dataset: "murals/panel",
  dataset_version: 1,
  item: "vnir",
  title: "T",
  synthetic: true,
};

describe("options", () => {
  test("start in daylight where the cube has its colours", () => {
    expect(readOptions(SPEC, INFO).style.bands).toEqual([]);
    expect(readOptions(SPEC, { ...INFO, has_daylight: false }).style.bands).toEqual([
      650, 550, 450,
    ]);
  });

  test.each([
    [{ wavelengths_nm: [948] }, [950]],
    [{ wavelengths_nm: [1, 2] }, []],
    [{ wavelengths_nm: "950" }, []],
    [{ wavelengths_nm: [Number.NaN] }, []],
  ])("of %o show %o", (options, bands) => {
    expect(readOptions({ ...SPEC, options }, INFO).style.bands).toEqual(bands);
  });

  test("that make no sense are left out", () => {
    const options = { radius: 1e9, low: 2, high: 1, picks: [{ x: 1 }, null, "pick"] };
    expect(readOptions({ ...SPEC, options }, INFO)).toEqual({
      style: { bands: [], low: null, high: null },
      radius: 50,
      picks: [],
      regions: [],
      lines: [],
    });
  });
});

describe("controls", () => {
  const styles: Style[] = [];
  let controls: Controls;
  const named = <K extends HTMLElement>(name: string): K => {
    const found = [...controls.node.querySelectorAll<K>("button, input")].find(
      (each) => each.getAttribute("aria-label") === name || each.textContent === name,
    );
    if (found === undefined) throw new Error(`no control is named ${name}`);
    return found;
  };

  beforeEach(() => {
    styles.length = 0;
    const events = {
      style: (style: Style) => styles.push(style),
      radius: vi.fn(),
      histogram: vi.fn(),
      complain: vi.fn(),
    };
    controls = new Controls(INFO, { bands: [], low: null, high: null }, 3, events);
  });

  test("every one has a name", () => {
    for (const each of controls.node.querySelectorAll("button, input")) {
      const name =
        each.getAttribute("aria-label") ?? each.closest("label")?.textContent ?? each.textContent;
      expect(name?.trim()).not.toBe("");
    }
  });

  test("the slider speaks in wavelengths, never in band numbers", () => {
    const slider = controls.node.querySelector<HTMLInputElement>("input[type=range]");
    if (slider === null) throw new Error("no slider");
    slider.value = "11";
    slider.dispatchEvent(new Event("input"));
    expect(styles.at(-1)?.bands).toEqual([950]);
    expect(slider.getAttribute("aria-valuetext")).toBe("950 nm");
  });

  test("a preset shows itself as pressed and resets the contrast", () => {
    named<HTMLButtonElement>("Infrared colour").click();
    expect(styles.at(-1)).toEqual({ bands: [900, 650, 550], low: null, high: null });
    expect(named("Infrared colour").getAttribute("aria-pressed")).toBe("true");
    expect(named("True colour").getAttribute("aria-pressed")).toBe("false");
  });

  test("colours are shown under another illuminant", () => {
    const light = [...controls.node.querySelectorAll("select")].find((each) =>
      each.closest("label")?.textContent?.startsWith("under"),
    );
    if (light === undefined) throw new Error("no illuminant");
    light.value = "A";
    light.dispatchEvent(new Event("change"));
    expect(styles.at(-1)).toMatchObject({ bands: [], illuminant: "A" });
    named<HTMLButtonElement>("Near infrared").click();
    expect(light.closest<HTMLElement>("label")?.hidden).toBe(true);
  });

  test("a bad band says that it is one", () => {
    controls.showPlace(1000);
    expect(controls.node.querySelector("input[type=range]")?.getAttribute("aria-valuetext")).toBe(
      "1000 nm, bad band",
    );
  });

  test("limits in the wrong order are put back", () => {
    const low = named<HTMLInputElement>("Value shown as black");
    low.value = "5";
    low.dispatchEvent(new Event("change"));
    expect(styles).toEqual([]);
    expect(low.value).toBe("0");
  });
});
