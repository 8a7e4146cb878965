/** The RTI viewer as a notebook widget: the light and saved lights travel to the kernel. */
import type { RenderProps } from "@anywidget/types";
import { findBaseUrl, HttpHost, type ViewSpec } from "../host";
import { modelLink, type TraitModel } from "../model_link";
import { mountRti } from "./index";

interface RtiWidget {
  _spec: ViewSpec;
}

function render({ model, el }: RenderProps<RtiWidget>): () => void {
  const link = modelLink(model as unknown as TraitModel);
  const viewer = mountRti(el, model.get("_spec"), new HttpHost(findBaseUrl()), link);
  return () => viewer.dispose();
}

export default { render };
