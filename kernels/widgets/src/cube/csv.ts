/** Picked spectra as a table a spreadsheet opens: one row per wavelength. */
import type { ViewSpec } from "../host";
import type { PickedSpectrum } from "./picks";

export function toCsv(spec: ViewSpec, picked: readonly PickedSpectrum[]): string {
  const spectra = picked.flatMap(({ pick, spectrum }) => (spectrum ? [{ pick, spectrum }] : []));
  const head = ["wavelength_nm"];
  for (const { pick } of spectra) {
    const place = `${pick.label} (x ${pick.x}, y ${pick.y}, radius ${pick.radius} px)`;
    head.push(`${place} mean`, `${place} std`);
  }
  const wavelengths = spectra[0]?.spectrum.wavelength_nm ?? [];
  const rows = wavelengths.map((nm, band) => [
    String(nm),
    ...spectra.flatMap(({ spectrum }) => [cell(spectrum.mean[band]), cell(spectrum.std[band])]),
  ]);
  const origin = `# ${spec.dataset} version ${spec.dataset_version}, ${spec.item}`;
  const note = spec.synthetic ? ", synthetic" : "";
  return `${[origin + note, head.map(quote).join(","), ...rows.map((row) => row.join(","))].join("\r\n")}\r\n`;
}

function cell(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(Number(value.toPrecision(6)));
}

/** Quotes a heading, and keeps a spreadsheet from taking it for a formula. */
function quote(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
