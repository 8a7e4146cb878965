/** Amounts as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** A size in decimal units, two significant digits at least: `1.2 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit > 0 && value < 9.95 ? 1 : 0)} ${UNITS[unit]}`;
}

/** A moment in the reader's own time: the hour today, else with the day. */
export function formatMoment(iso: string, now: Date = new Date()): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return "";
  const hour = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (moment.toDateString() === now.toDateString()) return hour;
  return `${moment.toLocaleDateString([], { day: "numeric", month: "short" })}, ${hour}`;
}

/** A part of a whole in whole percent, 100 only when all is done. */
export function formatPercent(part: number): string {
  return `${part >= 1 ? 100 : Math.floor(part * 100)} %`;
}
