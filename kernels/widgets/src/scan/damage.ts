/** Reads a page that came from outside, and refuses what the scan's head does not promise. */
import { type DecodedCluster, decodePage } from "./decode";
import { FormatError, parsePage, type ScanHead } from "./format";

/** Decodes the page of a group; rejects with `FormatError` or the decoder's error. */
export async function readPage(
  head: ScanHead,
  group: number,
  page: Uint8Array,
): Promise<DecodedCluster[]> {
  const first = head.groups.firstCluster[group] ?? 0;
  const encoded = parsePage(page);
  const isPromised =
    encoded.length === head.groups.clusters[group] &&
    encoded.every(
      ({ vertices, triangles }, index) =>
        vertices === head.clusters.vertices[first + index] &&
        triangles === head.clusters.triangles[first + index],
    );
  if (!isPromised) throw new FormatError("A part of the scan is not what its head says");
  const clusters = await decodePage(page);
  for (const { faces, positions } of clusters) {
    if (largest(faces) * 3 >= positions.length) {
      throw new FormatError("A part of the scan has triangles without corners");
    }
  }
  return clusters;
}

function largest(numbers: Uint16Array | Uint32Array): number {
  let found = -1;
  for (const each of numbers) if (each > found) found = each;
  return found;
}
