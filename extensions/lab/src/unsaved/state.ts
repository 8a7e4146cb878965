/**
 * Leaves widgets that hold decrypted geometry out of the state that notebooks keep.
 *
 * The kernel marks such widgets (`NEVER_SAVE` in museion.scans.composing.sealed). With a marked
 * model goes whatever refers to it, as it could not be restored, and of that whatever else
 * belongs to its picture: places of markers come from the geometry too.
 */
import type { PartialJSONObject, PartialJSONValue } from "@lumino/coreutils";

export const NEVER_SAVE = "_museion_never_save";
const STATE_TYPE = "application/vnd.jupyter.widget-state+json";
const PICTURE_MODULES = new Set(["jupyter-threejs", "jupyterlab-datawidgets"]);
const REFERENCE = /IPY_MODEL_([\w-]+)/g;

/** Returns the `widgets` metadata of a notebook without what is never saved. */
export function withoutSealed(metadata: PartialJSONValue): PartialJSONValue {
  if (!isObject(metadata)) return metadata;
  const saved = metadata[STATE_TYPE];
  const models = isObject(saved) ? saved.state : undefined;
  if (!isObject(saved) || !isObject(models)) return metadata;
  const left = sealedModels(models);
  if (left.size === 0) return metadata;
  const kept = Object.entries(models).filter(([id]) => !left.has(id));
  return { ...metadata, [STATE_TYPE]: { ...saved, state: Object.fromEntries(kept) } };
}

/** Returns the ids of the models that are left out. */
function sealedModels(models: PartialJSONObject): Set<string> {
  const references = new Map(Object.entries(models).map(([id, model]) => [id, referred(model)]));
  const users = new Map<string, string[]>();
  for (const [id, targets] of references) {
    for (const target of targets) users.set(target, [...(users.get(target) ?? []), id]);
  }
  const marked = Object.keys(models).filter((id) => isMarked(models[id]));
  const above = reached(marked, (id) => users.get(id) ?? []);
  return reached([...above], (id) =>
    (references.get(id) ?? []).filter((target) => isOfPicture(models[target])),
  );
}

function reached(start: string[], following: (id: string) => string[]): Set<string> {
  const found = new Set(start);
  for (const id of found) {
    for (const next of following(id)) found.add(next); // a Set is walked to its new end
  }
  return found;
}

function referred(model: PartialJSONValue | undefined): string[] {
  const state = isObject(model) ? model.state : undefined;
  return [...JSON.stringify(state ?? null).matchAll(REFERENCE)].map((found) => found[1] ?? "");
}

function isMarked(model: PartialJSONValue | undefined): boolean {
  const state = isObject(model) ? model.state : undefined;
  return isObject(state) && state[NEVER_SAVE] === true;
}

function isOfPicture(model: PartialJSONValue | undefined): boolean {
  return isObject(model) && PICTURE_MODULES.has(String(model.model_module));
}

function isObject(value: PartialJSONValue | undefined): value is PartialJSONObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
