/** Which ink stays legible on a person's colour. */

const DARK_INK = "#1d1a16";
const LIGHT_INK = "#fffdf8";
const HEX = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;

/** Dark or light ink, whichever contrasts more with `fill`; light on a colour it can't read. */
export function inkOn(fill: string): string {
  const match = HEX.exec(fill);
  if (!match) return LIGHT_INK;
  const [red = 0, green = 0, blue = 0] = match.slice(1).map((part) => linear(parseInt(part, 16)));
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.18 ? DARK_INK : LIGHT_INK; // both give the same contrast near 0.18
}

function linear(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
