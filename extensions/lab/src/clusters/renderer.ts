/**
 * Shows a cluster's card where a notebook output names a cluster.
 *
 * The output says which cluster it was and how it was; how it is now, the server tells. So the
 * card is the same for everybody who has the notebook open, with or without a kernel.
 */
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import {
  type ClusterReport,
  type ClusterWatch,
  type Disposable,
  mountCluster,
  readReport,
} from "@museion/widgets/lib/cluster/index";

export const CLUSTER_MIMETYPE = "application/vnd.museion.cluster+json";
// Before the kernel's widget view (-10), which a browser that came later can't show.
const RANK = -100;

/** One output. */
export class ClusterRenderer extends Widget implements IRenderMime.IRenderer {
  private mounted: Disposable | null = null;
  private shown = "";

  constructor(
    private readonly watch: ClusterWatch,
    private readonly trans: TranslationBundle,
  ) {
    super();
    this.addClass("mus-View");
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data[CLUSTER_MIMETYPE];
    const wanted = JSON.stringify(data);
    if (wanted === this.shown) return;
    this.shown = wanted;
    this.mounted?.dispose();
    const saved = savedReport(data);
    this.mounted = saved ? mountCluster(this.node, saved, this.watch) : null;
    if (!saved) {
      this.node.textContent = this.trans.__("This output names no cluster. Run the cell again.");
    }
  }

  override dispose(): void {
    this.mounted?.dispose();
    this.mounted = null;
    super.dispose();
  }
}

/** What an output says of its cluster; null if it says nothing that can be understood. */
export function savedReport(data: unknown): ClusterReport | null {
  const { version, saved } = (data ?? {}) as { version?: unknown; saved?: unknown };
  return version === 1 ? readReport(saved) : null;
}

/** Safe: it names a cluster of this workspace, and each visitor acts with their own rights. */
export function clusterFactory(
  watch: ClusterWatch,
  trans: TranslationBundle,
): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [CLUSTER_MIMETYPE],
    defaultRank: RANK,
    createRenderer: () => new ClusterRenderer(watch, trans),
  };
}
