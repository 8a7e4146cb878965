/**
 * Turns encoded clusters into arrays the graphics card takes.
 *
 * Decoding runs at about 100 million triangles a second: a page takes a millisecond or two, less
 * than it would take to hand it to a worker and back.
 */
import { MeshoptDecoder } from "meshoptimizer/decoder";

import { type EncodedCluster, parsePage } from "./format";

const MAX_SHORT_IDS = 0x10000;

/** One cluster, ready for upload. */
export interface DecodedCluster {
  /** Grid coordinates x, y, z: whole numbers, exact in float32. */
  readonly positions: Float32Array;
  /** x, y, z and one unused, normalised; none in clouds whose file had none. */
  readonly normals: Int16Array | null;
  /** sRGB red, green, blue and one unused. */
  readonly colors: Uint8Array | null;
  /** None of them in clouds. */
  readonly faces: Uint16Array | Uint32Array;
}

/** Vertices and triangles of one cluster. */
export type ClusterShape = Pick<DecodedCluster, "positions" | "faces">;

/** Decodes all clusters of a page, letting the browser breathe between clusters. */
export async function decodePage(page: Uint8Array): Promise<DecodedCluster[]> {
  await MeshoptDecoder.ready;
  const decoded: DecodedCluster[] = [];
  for (const cluster of parsePage(page)) {
    decoded.push(decodeCluster(cluster));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return decoded;
}

/** Decodes where a cluster's triangles are; only after a page was decoded. */
export function decodeShape({
  vertices,
  triangles,
  positions,
  faces,
}: EncodedCluster): ClusterShape {
  const isSmall = vertices <= MAX_SHORT_IDS;
  const places = decode(vertices, 12, positions, "ATTRIBUTES");
  if (triangles === 0) {
    return {
      positions: new Float32Array(new Uint32Array(places.buffer)),
      faces: new Uint16Array(),
    };
  }
  const rows = decode(triangles * 3, isSmall ? 2 : 4, faces, "TRIANGLES");
  return {
    positions: new Float32Array(new Uint32Array(places.buffer)),
    faces: isSmall ? new Uint16Array(rows.buffer) : new Uint32Array(rows.buffer),
  };
}

function decodeCluster(cluster: EncodedCluster): DecodedCluster {
  const { vertices } = cluster;
  const hasNormals = cluster.normals.byteLength > 0;
  const normals = hasNormals
    ? decode(vertices, 8, cluster.normals, "ATTRIBUTES", "OCTAHEDRAL")
    : null;
  return {
    ...decodeShape(cluster),
    normals: normals && new Int16Array(normals.buffer),
    colors: cluster.colors && decode(vertices, 4, cluster.colors, "ATTRIBUTES"),
  };
}

function decode(
  count: number,
  size: number,
  source: Uint8Array,
  mode: string,
  filter?: string,
): Uint8Array<ArrayBuffer> {
  const target = new Uint8Array(count * size);
  MeshoptDecoder.decodeGltfBuffer(target, count, size, source, mode, filter);
  return target;
}
