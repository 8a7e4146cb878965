/**
 * Reads the view's description out of a notebook output.
 *
 * Notebooks come from anywhere, so nothing is believed: a description that does not
 * say all a viewer needs is refused with a sentence for the person who looks at it.
 */
import type { ViewSpec } from "@museion/widgets";

export const VIEW_MIMETYPE = "application/vnd.museion.view+json";
export const DEFAULT_HEIGHT_PX = 460;
const KINDS: readonly ViewSpec["kind"][] = ["cube", "map", "rti", "scan"];
const HEIGHTS_PX = { least: 120, most: 2000 } as const;
const DATASET = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\/[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** A description that cannot be shown, said to a person. */
export class SpecError extends Error {
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
    this.name = "SpecError";
  }
}

/** The description in `data`, or a `SpecError`. */
export function readSpec(data: unknown): ViewSpec {
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new SpecError("This view has no description", "Run the cell again.");
  }
  const spec = data as Partial<ViewSpec>;
  if (spec.version !== 1) {
    throw new SpecError(
      `This view has an unknown version: ${String(spec.version)}`,
      "Update Museion, or run the cell again with the version that is installed.",
    );
  }
  const wrong = findWrong(spec);
  if (wrong)
    throw new SpecError(`This view's description is damaged: ${wrong}`, "Run the cell again.");
  return spec as ViewSpec;
}

/** Height of the viewer in CSS pixels, within reason. */
export function heightOf(spec: Partial<ViewSpec> | null): number {
  const asked = Number(spec?.height ?? DEFAULT_HEIGHT_PX);
  if (!Number.isFinite(asked)) return DEFAULT_HEIGHT_PX;
  return Math.min(HEIGHTS_PX.most, Math.max(HEIGHTS_PX.least, asked));
}

/** What the picks of this view are shared under; the same in every browser. */
export function viewKey(spec: ViewSpec): string {
  return spec.model_id ?? `${spec.dataset}@${spec.dataset_version}/${spec.item}`;
}

/** What annotations are shared under: the same for each view of an item, in all its versions. */
export function itemKey({ dataset, item }: ViewSpec): string {
  return `${dataset}/${item}`;
}

function findWrong(spec: Partial<ViewSpec>): keyof ViewSpec | null {
  if (spec.kind === undefined || !KINDS.includes(spec.kind)) return "kind";
  if (typeof spec.dataset !== "string" || !DATASET.test(spec.dataset)) return "dataset";
  if (!Number.isInteger(spec.dataset_version)) return "dataset_version";
  if (typeof spec.item !== "string" || spec.item === "" || spec.item.includes("..")) return "item";
  if (spec.model_id !== undefined && typeof spec.model_id !== "string") return "model_id";
  return null;
}
