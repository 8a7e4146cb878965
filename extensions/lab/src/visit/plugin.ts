/** Tells a person at once, and calmly, that a workspace is no longer theirs to use. */
import { ILabShell, JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { URLExt } from "@jupyterlab/coreutils";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { IClusterWatch } from "../clusters/watch";
import { IWorkspace } from "../workspace";
import { farewellFor, makeFarewell, showFarewell } from "./farewell";
import { VisitLine } from "./line";

/**
 * Closes what is open, so that nothing goes on knocking at a closed door: the notebooks with their
 * lines to the workspace, and then every question that JupyterLab's parts still ask by the clock.
 */
function closeAll(app: JupyterFrontEnd): void {
  const { serverSettings } = app.serviceManager;
  Object.assign(serverSettings, { fetch: () => new Promise<never>(() => undefined) });
  for (const widget of [...app.shell.widgets("main")]) widget.dispose();
  app.serviceManager.dispose();
}

export const visitPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:visit",
  description: "Explains, when access to the workspace ends, what happened and who can help.",
  autoStart: true,
  requires: [ILabShell, IWorkspace, IClusterWatch, JupyterFrontEnd.IPaths],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    _shell: ILabShell,
    workspace: IWorkspace,
    watch: IClusterWatch,
    paths: JupyterFrontEnd.IPaths,
    translator: ITranslator | null,
  ): void => {
    const hub = paths.urls.hubPrefix;
    if (!hub) return; // without hub nobody is removed
    const trans = (translator ?? nullTranslator).load("museion");
    const line = new VisitLine(app.serviceManager.serverSettings);
    line.ended.connect((_line, ending) => {
      const home = URLExt.join(paths.urls.hubHost ?? "", hub, "home");
      showFarewell(makeFarewell(farewellFor(ending, workspace.company.value, home, trans)));
      watch.dispose();
      closeAll(app);
    });
    line.open();
  },
};
