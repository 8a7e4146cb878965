/** Ramps of colours as the server has them, for the graphics card and for the legend. */
import type { ColourRamp } from "./info";

const STEPS = 256;

/** The colours of a ramp in equal steps: red, green, blue, opaque; sRGB. */
export function rampTexels(stops: readonly string[]): Uint8Array<ArrayBuffer> {
  const known = stops.map((stop) =>
    [1, 3, 5].map((at) => Number.parseInt(stop.slice(at, at + 2), 16)),
  );
  const texels = new Uint8Array(STEPS * 4).fill(255);
  for (let step = 0; step < STEPS; step += 1) {
    const place = (step / (STEPS - 1)) * (known.length - 1);
    const [first, share] = [Math.floor(place), place % 1];
    for (let part = 0; part < 3; part += 1) {
      const [a, b] = [known[first]?.[part] ?? 0, known[first + 1]?.[part] ?? 0];
      texels[step * 4 + part] = Math.round(share === 0 ? a : a + (b - a) * share);
    }
  }
  return texels;
}

/** Ramps on which equal steps look equal: what begins transparent is for maps over a picture. */
export function opaqueRamps(ramps: readonly ColourRamp[]): ColourRamp[] {
  return ramps.filter(({ stops }) => stops.every((stop) => stop.endsWith("ff")));
}

export function cssGradient(stops: readonly string[]): string {
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
