import { MeshoptEncoder } from "meshoptimizer/encoder";
import { beforeAll, describe, expect, it } from "vitest";
import { decodePage } from "./decode";
import { parsePage } from "./format";
import { ShownPoints } from "./points";
import { makeHead } from "./testing";

const POINTS = [10, 10, 50, 14, 10, 20, 200, 10, 50];
const HEAD = { ...makeHead([{ error: 9, x: 0, clusters: [[null, 0]] }]), isCloud: true };
HEAD.clusters.spheres.set([100, 10, 40, 120]);
const SIZES = { discOf: () => 3, pixelAt: () => 0.5 };
const down = (x: number, y: number) => ({ start: [x, y, 100], along: [0, 0, -1] }) as const;

let page = new Uint8Array();
let shown: ShownPoints;

/** A page with one cluster of three points, without normals and colours. */
function makePage(): Uint8Array<ArrayBuffer> {
  const positions = MeshoptEncoder.encodeVertexBuffer(
    new Uint8Array(Uint32Array.from(POINTS).buffer),
    3,
    12,
  );
  const bytes = new Uint8Array(28 + positions.byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set([1, 1, 12, 0]);
  view.setUint32(4, 3, true);
  view.setUint32(12, positions.byteLength, true);
  bytes.set(positions, 28);
  return bytes;
}

beforeAll(async () => {
  await MeshoptEncoder.ready;
  page = makePage();
  shown = new ShownPoints(HEAD, () => page, SIZES);
  shown.show([0]);
});

describe("the points of a cloud", () => {
  it("are decoded without faces, normals and colours", async () => {
    const [cluster] = await decodePage(page);
    expect([...(cluster?.positions ?? [])]).toEqual(POINTS);
    expect(cluster?.normals).toBeNull();
    expect(cluster?.colors).toBeNull();
    expect(parsePage(page)[0]?.triangles).toBe(0);
  });

  it("are hit where their disc is", () => {
    expect(shown.hit(down(10, 12))?.point).toEqual([10, 10, 50]);
    expect(shown.hit(down(10, 12))?.isPoint).toBe(true);
    expect(shown.hit(down(100, 10))).toBeNull();
  });

  it("are hit in front first", () => {
    expect(shown.hit(down(12, 10))?.point).toEqual([10, 10, 50]);
    expect(shown.hit(down(15, 10))?.point).toEqual([14, 10, 20]);
  });

  it("are not hit where they are cut away, nor behind the eye", () => {
    const cut = { normal: [0, 0, 1], offset: 40 } as const;
    expect(shown.hit(down(12, 10), cut)?.point).toEqual([14, 10, 20]);
    expect(shown.hit({ start: [10, 10, 60], along: [0, 0, 1] })).toBeNull();
  });
});
