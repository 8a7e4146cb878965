/**
 * Reads the stored form of a scan, as `museion_datasets.ingest.scans.format` describes it.
 *
 * Pure: bytes in, typed arrays out. Lengths are in grid steps unless a unit is named.
 */

export const MEASURED = 0xffffffff;

const MAGIC = 0x4e43534d; // "MSCN"
const VERSION = 1;
const HEAD_BYTES = 76;
const GROUP_BYTES = 36;
const CLUSTER_BYTES = 28;
const PAGE_BYTES = 4;
const PAGE_CLUSTER_BYTES = 24;

/** Bytes that are no scan, or a scan of a version this viewer does not know. */
export class FormatError extends Error {}

/** Groups, one value for each; group 0 is the root and comes with the head. */
export interface Groups {
  readonly count: number;
  /** x, y, z, radius for each group. */
  readonly spheres: Float32Array;
  readonly distance: Float32Array;
  readonly appearance: Float32Array;
  readonly firstCluster: Uint32Array;
  readonly clusters: Uint32Array;
  readonly pageBytes: Uint32Array;
}

/** Clusters, page by page. */
export interface Clusters {
  readonly count: number;
  readonly spheres: Float32Array;
  /** Group each cluster simplifies, or `MEASURED`. */
  readonly madeFrom: Uint32Array;
  readonly vertices: Uint32Array;
  readonly triangles: Uint32Array;
}

export interface ScanHead {
  readonly step: number;
  readonly origin: readonly [number, number, number];
  readonly size: readonly [number, number, number];
  readonly hasColors: boolean;
  readonly isSynthetic: boolean;
  /** Points without triangles. */
  readonly isCloud: boolean;
  readonly hasNormals: boolean;
  readonly vertexCount: number;
  readonly triangleCount: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly groups: Groups;
  readonly clusters: Clusters;
  /** Triangles of each cluster, or points in a cloud: what is counted and drawn. */
  readonly elements: Uint32Array;
  /** At the finest level. */
  readonly elementCount: number;
  readonly rootPage: Uint8Array;
}

/** Encoded streams of one cluster. */
export interface EncodedCluster {
  readonly vertices: number;
  readonly triangles: number;
  readonly positions: Uint8Array;
  /** Empty in clouds without normals. */
  readonly normals: Uint8Array;
  readonly colors: Uint8Array | null;
  /** Empty in clouds. */
  readonly faces: Uint8Array;
}

/** Reads a head; throws `FormatError` for anything else. */
export function parseHead(buffer: ArrayBuffer): ScanHead {
  if (buffer.byteLength < HEAD_BYTES) throw new FormatError("The scan's head is cut short");
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== MAGIC) throw new FormatError("This is not a scan");
  if (view.getUint8(4) !== VERSION) {
    throw new FormatError(`This viewer does not know scans of version ${view.getUint8(4)}`);
  }
  const flags = view.getUint8(5);
  const groupCount = view.getUint32(8, true);
  const clusterCount = view.getUint32(12, true);
  const textBytes = view.getUint32(68, true);
  const rootBytes = view.getUint32(72, true);
  const groupsAt = HEAD_BYTES + textBytes;
  const clustersAt = groupsAt + groupCount * GROUP_BYTES;
  const rootAt = clustersAt + clusterCount * CLUSTER_BYTES;
  if (rootAt + rootBytes !== buffer.byteLength) {
    throw new FormatError("The scan's head is cut short");
  }
  const isCloud = (flags & 4) !== 0;
  const clusters = parseClusters(view, clustersAt, clusterCount);
  return {
    step: view.getFloat64(48, true),
    origin: [view.getFloat64(24, true), view.getFloat64(32, true), view.getFloat64(40, true)],
    size: [view.getUint32(56, true), view.getUint32(60, true), view.getUint32(64, true)],
    hasColors: (flags & 1) !== 0,
    isSynthetic: (flags & 2) !== 0,
    isCloud,
    hasNormals: (flags & 8) === 0,
    vertexCount: view.getUint32(16, true),
    triangleCount: view.getUint32(20, true),
    metadata: JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, HEAD_BYTES, textBytes))),
    groups: parseGroups(view, groupsAt, groupCount),
    clusters,
    elements: isCloud ? clusters.vertices : clusters.triangles,
    elementCount: view.getUint32(isCloud ? 16 : 20, true),
    rootPage: new Uint8Array(buffer, rootAt, rootBytes),
  };
}

function parseGroups(view: DataView, start: number, count: number): Groups {
  return {
    count,
    spheres: readSpheres(view, start, count, GROUP_BYTES),
    distance: readFloats(view, start + 16, count, GROUP_BYTES),
    appearance: readFloats(view, start + 20, count, GROUP_BYTES),
    firstCluster: readIntegers(view, start + 24, count, GROUP_BYTES),
    clusters: readIntegers(view, start + 28, count, GROUP_BYTES),
    pageBytes: readIntegers(view, start + 32, count, GROUP_BYTES),
  };
}

function parseClusters(view: DataView, start: number, count: number): Clusters {
  return {
    count,
    spheres: readSpheres(view, start, count, CLUSTER_BYTES),
    madeFrom: readIntegers(view, start + 16, count, CLUSTER_BYTES),
    vertices: readIntegers(view, start + 20, count, CLUSTER_BYTES),
    triangles: readIntegers(view, start + 24, count, CLUSTER_BYTES),
  };
}

function readSpheres(view: DataView, start: number, count: number, stride: number): Float32Array {
  return Float32Array.from({ length: count * 4 }, (_, index) =>
    view.getFloat32(start + (index >> 2) * stride + (index & 3) * 4, true),
  );
}

function readFloats(view: DataView, start: number, count: number, stride: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => view.getFloat32(start + i * stride, true));
}

function readIntegers(view: DataView, start: number, count: number, stride: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => view.getUint32(start + i * stride, true));
}

/** Splits a page into the encoded streams of its clusters. */
export function parsePage(page: Uint8Array): EncodedCluster[] {
  if (page.byteLength < PAGE_BYTES || page[0] !== VERSION) {
    throw new FormatError("A part of the scan is not readable");
  }
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const count = view.getUint8(1);
  const clusters: EncodedCluster[] = [];
  let at = PAGE_BYTES + count * PAGE_CLUSTER_BYTES;
  for (let index = 0; index < count; index += 1) {
    const row = PAGE_BYTES + index * PAGE_CLUSTER_BYTES;
    const take = (field: number): Uint8Array => {
      const size = view.getUint32(row + 8 + field * 4, true);
      at += size;
      if (at > page.byteLength) throw new FormatError("A part of the scan is cut short");
      return page.subarray(at - size, at);
    };
    const [positions, normals, colors, faces] = [take(0), take(1), take(2), take(3)];
    clusters.push({
      vertices: view.getUint32(row, true),
      triangles: view.getUint32(row + 4, true),
      positions,
      normals,
      colors: colors.byteLength > 0 ? colors : null,
      faces,
    });
  }
  return clusters;
}

/** Splits the server's answer to a request for several pages. */
export function parseBatch(buffer: ArrayBuffer): Map<number, Uint8Array> {
  const view = new DataView(buffer);
  const count = view.getUint32(0, true);
  const pages = new Map<number, Uint8Array>();
  let at = 4 + count * 8;
  for (let index = 0; index < count; index += 1) {
    const size = view.getUint32(8 + index * 8, true);
    if (at + size > buffer.byteLength) throw new FormatError("The server's answer is cut short");
    pages.set(view.getUint32(4 + index * 8, true), new Uint8Array(buffer, at, size));
    at += size;
  }
  return pages;
}
