/** The cluster card as a notebook widget. */
import type { RenderProps } from "@anywidget/types";
import { findBaseUrl, HttpHost } from "../host";
import { mountCluster } from "./index";
import { readReport } from "./report";
import { ClusterWatch } from "./watch";

interface ClusterModel {
  _saved: unknown;
}

let watch: ClusterWatch | null = null;

function render({ model, el }: RenderProps<ClusterModel>): (() => void) | undefined {
  const saved = readReport(model.get("_saved"));
  if (!saved) return undefined;
  watch ??= new ClusterWatch(new HttpHost(findBaseUrl()));
  const card = mountCluster(el, saved, watch);
  return () => card.dispose();
}

export default { render };
