/** Joins clusters to JupyterLab: cards in notebooks, an item in the status bar. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { IStatusBar } from "@jupyterlab/statusbar";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { PANEL_ID } from "../sidebar/panel";
import { ClusterStatus } from "./item";
import { clusterFactory } from "./renderer";

import { IClusterWatch } from "./watch";

const RANK = -100;

export const clustersPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:clusters",
  description: "Shows clusters in notebooks, and in the status bar how far their work is.",
  autoStart: true,
  requires: [IClusterWatch, IRenderMimeRegistry],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    watch: IClusterWatch,
    registry: IRenderMimeRegistry,
    statusBar: IStatusBar | null,
    translator: ITranslator | null,
  ): void => {
    const trans = (translator ?? nullTranslator).load("museion");
    registry.addFactory(clusterFactory(watch, trans), RANK);
    statusBar?.registerStatusItem("@museion/lab:clusters", {
      item: new ClusterStatus(watch, trans, () => app.shell.activateById(PANEL_ID)),
      align: "left",
      rank: 5,
    });
  },
};
