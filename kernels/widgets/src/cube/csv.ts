/** Spectra as a table a spreadsheet opens: one row per band. Values are as recorded. */
import type { ViewSpec } from "../host";
import type { Series, Values } from "./display";
import type { PickedSpectrum } from "./picks";
import type { Profile } from "./region_api";
import type { MarkedRegion } from "./region_list";
import { columnOf, describePlace, type SpectralAxis } from "./spectral_axis";

/** What a cube's values are, and what its spectra stand over. */
export interface Measured {
  readonly quantity: string;
  readonly axis: SpectralAxis;
}

export interface Column {
  readonly name: string;
  readonly series: Series;
}

export function columnsOf(
  picked: readonly PickedSpectrum[],
  regions: readonly MarkedRegion[],
): Column[] {
  const series = (spectrum: { coordinate: number[]; mean: Values; std: Values }): Series => ({
    places: spectrum.coordinate,
    mean: spectrum.mean,
    std: spectrum.std,
  });
  return [
    ...picked.flatMap(({ pick, spectrum }) => {
      const name = `${pick.label} (x ${pick.x}, y ${pick.y}, radius ${pick.radius} px)`;
      return spectrum ? [{ name, series: series(spectrum) }] : [];
    }),
    ...regions.flatMap(({ region, mark, spectrum }) => {
      const name = `${region.label} (${mark}, ${region.shape}, ${spectrum?.count} px)`;
      return spectrum ? [{ name, series: series(spectrum) }] : [];
    }),
  ];
}

export function toCsv(
  spec: ViewSpec,
  { quantity, axis }: Measured,
  columns: readonly Column[],
): string {
  const head = [columnOf(axis)];
  for (const { name } of columns) head.push(`${name} mean`, `${name} std`);
  const places = columns[0]?.series.places ?? [];
  const rows = places.map((place, band) => [
    String(place),
    ...columns.flatMap(({ series }) => [cell(series.mean[band]), cell(series.std?.[band])]),
  ]);
  return table(spec, quantity, head, rows);
}

export function profileToCsv(
  spec: ViewSpec,
  { quantity, axis }: Measured,
  pixelSizeMm: number | null,
  { distance_px, x, y, coordinate, values }: Profile,
): string {
  const head = ["distance_px", "x", "y", ...coordinate.map((place) => describePlace(axis, place))];
  if (pixelSizeMm !== null) head.unshift("distance_mm");
  const rows = distance_px.map((distance, sample) => [
    ...(pixelSizeMm === null ? [] : [cell(distance * pixelSizeMm)]),
    String(distance),
    String(x[sample]),
    String(y[sample]),
    ...values.map((band) => cell(band[sample])),
  ]);
  return table(spec, quantity, head, rows);
}

function table(spec: ViewSpec, quantity: string, head: string[], rows: string[][]): string {
  const origin = `# ${spec.dataset} version ${spec.dataset_version}, ${spec.item}, ${quantity}`;
  const note = spec.synthetic ? ", synthetic" : "";
  const lines = [origin + note, head.map(quote).join(","), ...rows.map((row) => row.join(","))];
  return `${lines.join("\r\n")}\r\n`;
}

function cell(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(Number(value.toPrecision(6)));
}

/** Quotes a heading, and keeps a spreadsheet from taking it for a formula. */
function quote(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
