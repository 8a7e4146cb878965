/** The scan viewer as a notebook widget. */
import type { RenderProps } from "@anywidget/types";
import { findBaseUrl, HttpHost, type ViewSpec } from "../host";
import { mountScan } from "./index";

interface ScanModel {
  _spec: ViewSpec;
}

function render({ model, el }: RenderProps<ScanModel>): () => void {
  const viewer = mountScan(el, model.get("_spec"), new HttpHost(findBaseUrl()));
  return () => viewer.dispose();
}

export default { render };
