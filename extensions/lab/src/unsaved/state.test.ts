import { expect, test } from "vitest";
import { guard } from "./plugin";
import { NEVER_SAVE, withoutSealed } from "./state";

const TYPE = "application/vnd.jupyter.widget-state+json";

function model(state: object, module = "jupyter-threejs"): object {
  return { model_name: "M", model_module: module, model_module_version: "2", state };
}

const STATE = {
  positions: model({ [NEVER_SAVE]: true, array: { shape: [3, 3] } }),
  geometry: model({ attributes: { position: "IPY_MODEL_positions" } }),
  mesh: model({ geometry: "IPY_MODEL_geometry", material: "IPY_MODEL_material" }),
  material: model({ color: "red" }),
  dot: model({ position: [1, 2, 3] }),
  scene: model({ children: ["IPY_MODEL_mesh", "IPY_MODEL_dot"] }),
  box: model({ children: ["IPY_MODEL_scene", "IPY_MODEL_slider"] }, "@jupyter-widgets/controls"),
  slider: model({ value: 3, layout: "IPY_MODEL_layout" }, "@jupyter-widgets/controls"),
  layout: model({}, "@jupyter-widgets/base"),
  lone: model({ position: [7, 7, 7] }),
};

function saved(state: object): { [TYPE]: { version_major: number; state: object } } {
  return { [TYPE]: { version_major: 2, state } };
}

test("marked models go, with what refers to them and what belongs to their picture", () => {
  const kept = withoutSealed(saved(STATE) as never) as ReturnType<typeof saved>;
  expect(Object.keys(kept[TYPE].state)).toEqual(["slider", "layout", "lone"]);
  expect(kept[TYPE].version_major).toBe(2);
});

test("state without marks is left alone", () => {
  const plain = saved({ slider: STATE.slider, layout: STATE.layout });
  expect(withoutSealed(plain as never)).toBe(plain);
  for (const odd of [null, 3, "x", [], {}, { [TYPE]: null }, { [TYPE]: { state: [] } }]) {
    expect(withoutSealed(odd as never)).toBe(odd);
  }
});

test("models that refer to each other end the walk", () => {
  const round = saved({
    a: model({ b: "IPY_MODEL_b", [NEVER_SAVE]: true }),
    b: model({ a: "IPY_MODEL_a", gone: "IPY_MODEL_gone" }),
  });
  expect(withoutSealed(round as never)).toEqual(saved({}));
});

test("only the metadata of widgets is looked at", () => {
  const written: [string, unknown][] = [];
  const notebook = { setMetadata: (key: string, value: unknown) => written.push([key, value]) };
  guard(notebook as never);
  notebook.setMetadata("widgets", saved(STATE));
  notebook.setMetadata("other", saved(STATE));
  expect(JSON.stringify(written[0])).not.toContain("positions");
  expect(written[1]).toEqual(["other", saved(STATE)]);
});
