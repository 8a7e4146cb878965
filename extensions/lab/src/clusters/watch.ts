/** The workspace's clusters, followed once for the panel, the status bar and the notebooks. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Token } from "@lumino/coreutils";
import { ClusterWatch, HttpHost } from "@museion/widgets/lib/cluster/index";

export type IClusterWatch = ClusterWatch;

export const IClusterWatch = new Token<IClusterWatch>(
  "@museion/lab:IClusterWatch",
  "The running clusters of this workspace.",
);

export const clusterWatchPlugin: JupyterFrontEndPlugin<IClusterWatch> = {
  id: "@museion/lab:cluster-watch",
  description: "Asks the server about the clusters of the workspace while somebody looks.",
  autoStart: true,
  provides: IClusterWatch,
  activate: (app: JupyterFrontEnd): IClusterWatch =>
    new ClusterWatch(new HttpHost(app.serviceManager.serverSettings.baseUrl)),
};
