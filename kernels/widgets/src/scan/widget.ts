/** The scan viewer as a notebook widget: marks travel between the kernel and the browser. */
import type { RenderProps } from "@anywidget/types";
import { findBaseUrl, HttpHost, type ViewSpec } from "../host";
import { modelLink, type TraitModel } from "../model_link";
import { mountScan } from "./index";

interface ScanModel {
  _spec: ViewSpec;
}

function render({ model, el }: RenderProps<ScanModel>): () => void {
  const link = modelLink(model as unknown as TraitModel);
  const viewer = mountScan(el, model.get("_spec"), new HttpHost(findBaseUrl()), link);
  return () => viewer.dispose();
}

export default { render };
