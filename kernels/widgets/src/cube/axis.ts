/** Linear axes: round ticks, and the way from a value to a place. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

export function place(axis: Axis, value: number): number {
  const share = (value - axis.from) / (axis.to - axis.from);
  return axis.start + share * (axis.end - axis.start);
}

export function valueAt(axis: Axis, position: number): number {
  const share = (position - axis.start) / (axis.end - axis.start);
  return axis.from + share * (axis.to - axis.from);
}

/** A round step (1, 2, 2.5 or 5 times a power of ten) that gives about `count` ticks. */
export function tickStep(from: number, to: number, count: number): number {
  const rough = (to - from) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return (([1, 2, 2.5, 5, 10].find((step) => step * power >= rough) ?? 10) as number) * power;
}

export function ticks(from: number, to: number, count: number): number[] {
  const step = tickStep(from, to, count);
  const values: number[] = [];
  for (let index = Math.ceil(from / step - 1e-9); index * step <= to + 1e-9 * step; index += 1) {
    values.push(Number((index * step).toPrecision(12)));
  }
  return values;
}

/** Moves places apart so that neighbours keep a distance; each stays as near as it can. */
export function spread(places: readonly number[], distance: number): number[] {
  const order = places.map((_, index) => index).sort((a, b) => at(places, a) - at(places, b));
  const moved = [...places];
  for (let pass = 0; pass < places.length; pass += 1) {
    for (let index = 1; index < order.length; index += 1) {
      const [upper, lower] = [order[index - 1] ?? 0, order[index] ?? 0];
      const missing = distance - (at(moved, lower) - at(moved, upper));
      if (missing <= 0) continue;
      moved[upper] = at(moved, upper) - missing / 2;
      moved[lower] = at(moved, lower) + missing / 2;
    }
  }
  return moved;
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? 0;
}
