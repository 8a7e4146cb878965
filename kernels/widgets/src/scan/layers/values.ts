/** Reads a page of a layer, as `museion_datasets.ingest.scans.layer_format` describes it. */
import { MeshoptDecoder } from "meshoptimizer/decoder";

import { FormatError } from "../format";
import type { LayerInfo } from "./info";

const VERSION = 1;
const PAGE_BYTES = 4;
const CLUSTER_BYTES = 8;
const MISSING = 0xffff;

/** Values of one cluster's vertices as they were stored. */
export interface EncodedValues {
  readonly vertices: number;
  readonly stream: Uint8Array;
}

/** Splits a page into the streams of its clusters. */
export function parseValues(page: Uint8Array): EncodedValues[] {
  if (page.byteLength < PAGE_BYTES || page[0] !== VERSION) {
    throw new FormatError("A part of the layer is not readable");
  }
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const count = view.getUint8(1);
  const found: EncodedValues[] = [];
  let at = PAGE_BYTES + count * CLUSTER_BYTES;
  if (at > page.byteLength) throw new FormatError("A part of the layer is cut short");
  for (let index = 0; index < count; index += 1) {
    const row = PAGE_BYTES + index * CLUSTER_BYTES;
    const size = view.getUint32(row + 4, true);
    if (at + size > page.byteLength) throw new FormatError("A part of the layer is cut short");
    found.push({ vertices: view.getUint32(row, true), stream: page.subarray(at, at + size) });
    at += size;
  }
  return found;
}

/** Values of a cluster, NaN where nothing is known; only once the decoder is ready. */
export function decodeValues(info: LayerInfo, { vertices, stream }: EncodedValues): Float32Array {
  const target = new Uint8Array(vertices * 4);
  MeshoptDecoder.decodeGltfBuffer(target, vertices, 4, stream, "ATTRIBUTES", "NONE");
  if (info.encoding === "float32") return new Float32Array(target.buffer);
  const codes = new Uint32Array(target.buffer);
  return Float32Array.from(codes, (code) =>
    code < MISSING ? info.lowest + code * info.step : Number.NaN,
  );
}

/** For the graphics card: the value and 1, or 0 and −1 where nothing is known. */
export function toPairs(values: Float32Array): Float32Array {
  const pairs = new Float32Array(values.length * 2);
  values.forEach((value, index) => {
    const isKnown = Number.isFinite(value);
    pairs[index * 2] = isKnown ? value : 0;
    pairs[index * 2 + 1] = isKnown ? 1 : -1;
  });
  return pairs;
}
