/**
 * What changed between two states of a text, so that only that is told to the others.
 *
 * Of an edit in a text field only the new value is known. The change is what lies between the
 * longest common beginning and end; where that is not unique ("aa" → "aaa"), the cursor tells.
 */
import type { TextChange } from "../../host";

/**
 * @param caret - Where the cursor stands in `after`.
 * @returns null if nothing changed.
 */
export function textChange(
  before: string,
  after: string,
  caret: number = after.length,
): TextChange | null {
  if (before === after) return null;
  // What stands behind the cursor was not typed: it is the end of both.
  const mostEnd = Math.min(before.length, after.length);
  let end = 0;
  while (end < Math.min(mostEnd, after.length - caret) && same(before, after, end)) end += 1;
  let at = 0;
  while (at < mostEnd - end && before[at] === after[at]) at += 1;
  while (end < mostEnd - at && same(before, after, end)) end += 1;
  [at, end] = keepPairs(before, after, at, end);
  return { at, removed: before.length - at - end, inserted: after.slice(at, after.length - end) };
}

/** The text after a change. */
export function applyChange(text: string, { at, removed, inserted }: TextChange): string {
  return text.slice(0, at) + inserted + text.slice(at + removed);
}

/** Where a place in the text is after a change elsewhere in it. */
export function movedBy({ at, removed, inserted }: TextChange, place: number): number {
  if (place <= at) return place;
  return Math.max(place - removed, at) + inserted.length;
}

/** Takes care that no half of a surrogate pair stands alone in what is told. */
function keepPairs(before: string, after: string, at: number, end: number): [number, number] {
  const isInside = (text: string, place: number): boolean =>
    isHigh(text.charCodeAt(place - 1)) && isLow(text.charCodeAt(place));
  const first = at > 0 && (isInside(before, at) || isInside(after, at)) ? at - 1 : at;
  const splits = (text: string): boolean => end > 0 && isInside(text, text.length - end);
  const last = splits(before) || splits(after) ? end - 1 : end;
  return [first, last];
}

function same(before: string, after: string, end: number): boolean {
  return before[before.length - 1 - end] === after[after.length - 1 - end];
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
