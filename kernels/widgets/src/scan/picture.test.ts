import { Vector3 } from "three";
import { describe, expect, test } from "vitest";
import { ViewCamera } from "./camera";
import { chooseCut, makeGraph } from "./cut";
import { pictureTexts } from "./picture";
import { checksum, withTexts } from "./png_text";
import { makeHead } from "./testing";
import { meet } from "./triangles";

const bytes = (text: string) => new TextEncoder().encode(text);
const PIXEL = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  ),
  (letter) => letter.charCodeAt(0),
);

describe("texts of a PNG", () => {
  test("stand behind its header, with the right checksum", () => {
    expect(checksum(bytes("123456789"))).toBe(0xcbf43926);
    const whole = withTexts(PIXEL, { Title: "Ampho±ra" });
    const text = new TextDecoder().decode(whole);
    expect(text).toContain("iTXtTitle\0\0\0\0\0Ampho±ra");
    expect(whole.subarray(0, 33)).toEqual(PIXEL.subarray(0, 33));
    expect(whole.subarray(-12)).toEqual(PIXEL.subarray(-12));
  });

  test("are refused for anything else", () => {
    expect(() => withTexts(bytes("GIF89a, twenty bytes and more"), {})).toThrow("no PNG");
  });

  test("say dataset, camera, light and scale", () => {
    const spec = {
      version: 1,
      kind: "scan",
      dataset: "murals/head",
      dataset_version: 3,
      item: "scan",
      title: "Head",
    } as const;
    const texts = pictureTexts(
      spec,
      {
        head: makeHead([{ error: 0, x: 0, clusters: [[null, 100]] }]),
        camera: {
          azimuth: -90,
          elevation: 0,
          distance: 2,
          target: [0, 0, 0],
          isOrthographic: false,
        },
        light: { kind: "raking", direction: 155, height: 14 },
        metresPerPixel: 1e-4,
        triangles: 100,
      },
      new Date(0),
    );
    expect(texts.Source).toBe("murals/head@3, scan");
    const facts = JSON.parse(texts.Museion ?? "");
    expect(facts.light).toEqual({ kind: "raking", direction: 155, height: 14 });
    expect(facts.scale).toEqual({ metres_per_pixel: 1e-4, holds: "at the camera's target" });
  });
});

describe("the camera", () => {
  const orbit = { azimuth: 0.4, elevation: Math.PI / 2, distance: 3, target: [0, 0, 0] } as const;

  function camera(isOrthographic: boolean, elevation = orbit.elevation): ViewCamera {
    const made = new ViewCamera(new Vector3(0.5, 0.5, 0.5));
    made.isOrthographic = isOrthographic;
    made.shape = 1.5;
    made.look({ ...orbit, elevation, target: [...orbit.target] });
    return made;
  }

  test.each([true, false])("finds a place again that it looks through (parallel: %s)", (flat) => {
    const made = camera(flat, 0.7);
    const { start, end } = made.ray(0.3, -0.2);
    const seen = made.project(start.clone().lerp(end, 0.5));
    expect(seen?.x).toBeCloseTo(0.3, 9);
    expect(seen?.y).toBeCloseTo(-0.2, 9);
  });

  test("looks straight down without turning over", () => {
    const made = camera(true);
    expect(made.seen(new Vector3(0, 0, 1)).z).toBeCloseTo(1, 12);
    const seen = made.seen(new Vector3(-Math.cos(0.4), -Math.sin(0.4), 0));
    expect(seen.y).toBeCloseTo(1, 12);
  });

  test("in parallel, refines near and far parts alike", () => {
    const made = camera(true, 0);
    const parts = [
      {
        error: 1e9,
        x: 0,
        clusters: [
          [1, 100],
          [2, 100],
        ],
      },
      { error: 4, x: -400, clusters: [[null, 200]] },
      { error: 4, x: 400, clusters: [[null, 200]] },
    ] as const;
    const head = makeHead(parts);
    const model = made.node.matrixWorld.clone().identity().makeScale(0.001, 0.001, 0.001);
    const cut = chooseCut(makeGraph(head), made.eye(model, head.step, 600), 0, 1e6);
    expect(cut).toHaveLength(2);
    expect(cut[0]?.error).toBeCloseTo(cut[1]?.error ?? 0, 6);
  });
});

describe("a ray", () => {
  const corners = [
    [0, 0, 0],
    [4, 0, 0],
    [0, 4, 0],
  ] as const;

  test.each([
    ["inside", [1, 1, 5], [0, 0, -1], 5],
    ["from behind", [1, 1, -2], [0, 0, 1], 2],
    ["on an edge", [2, 0, 3], [0, 0, -1], 3],
    ["beside it", [3, 3, 5], [0, 0, -1], null],
    ["away from it", [1, 1, 5], [0, 0, 1], null],
    ["along it", [-1, 1, 0], [1, 0, 0], null],
  ] as const)("meets a triangle %s", (_name, start, along, expected) => {
    expect(meet({ start, along }, corners)).toBe(expected);
  });
});
