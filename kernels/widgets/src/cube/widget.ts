/** The cube viewer as a notebook widget: picks travel between the kernel and the browser. */
import type { AnyModel, RenderProps } from "@anywidget/types";
import { findBaseUrl, HttpHost, type Pick, type PickLink, type ViewSpec } from "../host";
import { mountCube } from "./index";
import { isPick } from "./options";

interface CubeModel {
  _spec: ViewSpec;
  picks: Pick[];
}

function render({ model, el }: RenderProps<CubeModel>): () => void {
  const viewer = mountCube(el, model.get("_spec"), new HttpHost(findBaseUrl()), linkTo(model));
  return () => viewer.dispose();
}

function linkTo(model: AnyModel<CubeModel>): PickLink {
  const current = () => model.get("picks").filter(isPick);
  return {
    get: current,
    set: (picks) => {
      model.set("picks", [...picks]);
      model.save_changes();
    },
    subscribe: (listener) => {
      const changed = () => listener(current());
      model.on("change:picks", changed);
      return { dispose: () => model.off("change:picks", changed) };
    },
  };
}

export default { render };
