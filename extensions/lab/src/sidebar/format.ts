/** Numbers and codes as people read them. */
import type { TranslationBundle } from "@jupyterlab/translation";

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** A size in decimal units, two significant digits: `1.2 GB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** What a dataset mainly holds. */
export function kindLabel(kind: string, trans: TranslationBundle): string {
  const labels: Record<string, string> = {
    cube: trans.__("Spectral cube"),
    scan: trans.__("3D scan"),
    library: trans.__("Spectral library"),
    table: trans.__("Table"),
    files: trans.__("Files"),
  };
  return labels[kind] ?? kind;
}

/** A member's role in the workgroup; empty for someone without one. */
export function roleLabel(role: string | null, trans: TranslationBundle): string {
  const labels: Record<string, string> = {
    lead: trans.__("Lead"),
    member: trans.__("Member"),
    guest: trans.__("Guest"),
  };
  return role === null ? "" : (labels[role] ?? role);
}
