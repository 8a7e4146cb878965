/** Writes texts into a PNG: chunks `iTXt`, W3C PNG Specification (Third Edition), 11.3.3.4. */

const SIGNATURE_BYTES = 8;
const HEADER_BYTES = 25; // IHDR: length, name, 13 bytes, checksum
const POLYNOMIAL = 0xedb88320;

/**
 * Puts texts behind a PNG's header.
 *
 * @param texts - Keywords (Latin letters, at most 79) and what they say.
 */
export function withTexts(
  png: Uint8Array,
  texts: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const at = SIGNATURE_BYTES + HEADER_BYTES;
  if (new TextDecoder().decode(png.subarray(12, 16)) !== "IHDR") throw new Error("This is no PNG");
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text));
  const parts = [png.subarray(0, at), ...chunks, png.subarray(at)];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let next = 0;
  for (const part of parts) {
    whole.set(part, next);
    next += part.byteLength;
  }
  return whole;
}

function textChunk(keyword: string, text: string): Uint8Array {
  const encoder = new TextEncoder();
  // keyword, end; not compressed, method 0; no language, no translated keyword
  const content = encoder.encode(`iTXt${keyword}\0\0\0\0\0${text}`);
  const chunk = new Uint8Array(content.byteLength + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, content.byteLength - 4);
  chunk.set(content, 4);
  view.setUint32(chunk.byteLength - 4, checksum(content));
  return chunk;
}

/** CRC-32 as PNG has it (ISO 3309). */
export function checksum(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? POLYNOMIAL : 0);
  }
  return (rest ^ 0xffffffff) >>> 0;
}
