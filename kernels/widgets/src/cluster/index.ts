/**
 * The cluster card, for a notebook's output or any other element.
 *
 * A library of its own beside the viewers: a panel that is always there shall not load them.
 */
import { element } from "../cube/element";
import type { Disposable } from "../host";
import palette from "../palette.css";
import { ClusterCard } from "./card";
import css from "./cluster.css";
import type { Filled } from "./report";
import type { ClusterWatch } from "./watch";

export { type Disposable, HostError, HttpHost } from "../host";
export { formatPercent } from "./format";
export {
  type Clusters,
  type Filled as ClusterReport,
  isClusterId,
  overallProgress,
  readClusters,
  readReport,
} from "./report";
export {
  type ClusterHost,
  ClusterWatch,
  explainTrouble,
  type Known,
  type StartWish,
} from "./watch";

/**
 * Shows a cluster in `el`.
 *
 * @param saved What was said of it when the output was made.
 * @returns Dispose it to take the card away; the last one of a watch ends its questions.
 */
export function mountCluster(el: HTMLElement, saved: Filled, watch: ClusterWatch): Disposable {
  const card = new ClusterCard(watch, saved);
  el.replaceChildren(element("style", {}, palette + css), card.node);
  return {
    dispose: () => {
      card.dispose();
      el.replaceChildren();
    },
  };
}
