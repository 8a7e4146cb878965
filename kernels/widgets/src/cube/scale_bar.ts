/** Chooses a scale bar of a round length that fits. */
export interface ScaleBar {
  readonly text: string;
  readonly pixels: number;
}

const ROUND = [1, 2, 5];

/**
 * The longest bar of 1, 2 or 5 times a power of ten that is at most `room` CSS pixels.
 *
 * @param pixelSizeMm Size of one image pixel.
 * @param scale CSS pixels per image pixel.
 */
export function scaleBar(pixelSizeMm: number, scale: number, room: number): ScaleBar {
  const limit = (room / scale) * pixelSizeMm;
  const power = 10 ** Math.floor(Math.log10(limit));
  const steps = ROUND.map((step) => step * power).filter((length) => length <= limit * 1.0001);
  const length = Math.max(...steps, power);
  return { text: lengthText(length), pixels: (length / pixelSizeMm) * scale };
}

function lengthText(mm: number): string {
  if (mm >= 1000) return `${round(mm / 1000)} m`;
  if (mm >= 10) return `${round(mm / 10)} cm`;
  if (mm >= 1) return `${round(mm)} mm`;
  return `${round(mm * 1000)} µm`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
