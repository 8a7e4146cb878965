/** Makes small scans for tests. */
import { MEASURED, type ScanHead } from "./format";

export interface TestGroup {
  readonly error: number;
  readonly x: number;
  /** Group each cluster is made from (null: measured), and its triangles. */
  readonly clusters: readonly (readonly [number | null, number])[];
}

export function makeHead(groups: readonly TestGroup[]): ScanHead {
  const clusters = groups.flatMap((group) => group.clusters);
  let next = 0;
  const first = groups.map((group) => {
    next += group.clusters.length;
    return next - group.clusters.length;
  });
  return {
    step: 0.001,
    origin: [0, 0, 0],
    size: [1000, 1000, 1000],
    hasColors: false,
    isSynthetic: true,
    isCloud: false,
    hasNormals: true,
    vertexCount: 0,
    triangleCount: 400,
    metadata: {},
    groups: {
      count: groups.length,
      spheres: Float32Array.from(groups.flatMap(({ x }) => [x, 0, 0, 1])),
      distance: Float32Array.from(groups.map(({ error }) => error)),
      appearance: new Float32Array(groups.length),
      firstCluster: Uint32Array.from(first),
      clusters: Uint32Array.from(groups.map((group) => group.clusters.length)),
      pageBytes: new Uint32Array(groups.length),
    },
    clusters: {
      count: clusters.length,
      spheres: new Float32Array(clusters.length * 4),
      madeFrom: Uint32Array.from(clusters.map(([source]) => source ?? MEASURED)),
      vertices: new Uint32Array(clusters.length),
      triangles: Uint32Array.from(clusters.map(([, triangles]) => triangles)),
    },
    elements: Uint32Array.from(clusters.map(([, triangles]) => triangles)),
    elementCount: 400,
    rootPage: new Uint8Array(),
  };
}

/** An answer of the pages route. */
export function packPages(pages: readonly (readonly [number, Uint8Array])[]): ArrayBuffer {
  const length = pages.reduce((sum, [, page]) => sum + page.byteLength, 4 + pages.length * 8);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, pages.length, true);
  let at = 4 + pages.length * 8;
  pages.forEach(([id, page], index) => {
    view.setUint32(4 + index * 8, id, true);
    view.setUint32(8 + index * 8, page.byteLength, true);
    bytes.set(page, at);
    at += page.byteLength;
  });
  return bytes.buffer;
}
