/** All measurements as a table a spreadsheet opens: one row for each value, in SI units. */
import type { ViewSpec } from "../../host";
import { isFull, type Measured, valuesOf } from "./list";
import { TEXTS } from "./texts";

const HEAD = [
  "number",
  "label",
  "kind",
  "author",
  "quantity",
  "value",
  "unit",
  "standard_uncertainty",
  "level",
  "points_m",
  "method",
  "digest",
  "grid_step",
  "noise",
];
const NOTES = ["method", "digest", "grid step", "noise (standard deviation of a coordinate)"];

export function toCsv(spec: ViewSpec, all: readonly Measured[]): string {
  const note = spec.synthetic ? ", synthetic" : "";
  const origin = `# ${spec.dataset} version ${spec.dataset_version}, ${spec.item}${note}`;
  const rows = all.flatMap((one) => {
    const { mark, number, answer } = one;
    const notes = new Map(isFull(one) ? answer?.notes : []);
    const points = mark.points.map((point) => point.join(" ")).join("; ");
    return valuesOf(one).map(({ name, value, unit, uncertainty, text }) => [
      String(number),
      quote(mark.label),
      mark.kind,
      quote(mark.author?.name ?? ""),
      quote(name),
      value === null ? quote(text) : String(value),
      unit,
      uncertainty === null ? "" : String(uncertainty),
      isFull(one) ? TEXTS.full : TEXTS.preview,
      quote(points),
      ...NOTES.map((each) => quote(notes.get(each) ?? "")),
    ]);
  });
  return `${[origin, HEAD.join(","), ...rows.map((row) => row.join(","))].join("\r\n")}\r\n`;
}

/** Quotes a text, and keeps a spreadsheet from taking it for a formula. */
function quote(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
