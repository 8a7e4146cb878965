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
  /** x, y, z and one unused, normalised. */
  readonly normals: Int16Array;
  /** sRGB red, green, blue and one unused. */
  readonly colors: Uint8Array | null;
  readonly faces: Uint16Array | Uint32Array;
}

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

function decodeCluster(cluster: EncodedCluster): DecodedCluster {
  const { vertices, triangles } = cluster;
  const positions = decode(vertices, 12, cluster.positions, "ATTRIBUTES");
  const normals = decode(vertices, 8, cluster.normals, "ATTRIBUTES", "OCTAHEDRAL");
  const isSmall = vertices <= MAX_SHORT_IDS;
  const faces = decode(triangles * 3, isSmall ? 2 : 4, cluster.faces, "TRIANGLES");
  return {
    positions: new Float32Array(new Uint32Array(positions.buffer)),
    normals: new Int16Array(normals.buffer),
    colors: cluster.colors && decode(vertices, 4, cluster.colors, "ATTRIBUTES"),
    faces: isSmall ? new Uint16Array(faces.buffer) : new Uint32Array(faces.buffer),
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
