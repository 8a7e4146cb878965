/** Adds the sidebar and joins it to the notebook a person is working in. */
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import { IClusterWatch } from "../clusters/watch";
import { IWorkspace } from "../workspace";
import { insertConnecting, insertOpening } from "./insert";
import { MuseionPanel } from "./panel";

const SHOW_FILES = "filebrowser:activate";
const RANK = 50; // above the file browser (100)

/**
 * Shows the panel on somebody's first visit; afterwards the layout they left comes back.
 * JupyterLab brings its file browser to the front more than once while it starts, so the
 * panel returns until the person first touches mouse or keyboard.
 */
function keepInFront(app: JupyterFrontEnd, shell: ILabShell, id: string): void {
  const show = () => shell.activateById(id);
  const onCommand = (_sender: unknown, executed: CommandRegistry.ICommandExecutedArgs) => {
    if (executed.id === SHOW_FILES) void executed.result.then(show);
  };
  const stop = () => app.commands.commandExecuted.disconnect(onCommand);
  app.commands.commandExecuted.connect(onCommand);
  for (const touch of ["pointerdown", "keydown"]) {
    document.addEventListener(touch, stop, { once: true, capture: true });
  }
  show();
}

export const sidebarPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:sidebar",
  description: "The sidebar Museion: people, datasets and clusters.",
  autoStart: true,
  requires: [IWorkspace, IClusterWatch, INotebookTracker],
  optional: [ILabShell, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    workspace: IWorkspace,
    watch: IClusterWatch,
    notebooks: INotebookTracker,
    shell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null,
  ): void => {
    const trans = (translator ?? nullTranslator).load("museion");
    const inNotebook = (insert: (notebook: NotebookPanel) => void) => {
      const notebook = notebooks.currentWidget;
      if (notebook) insert(notebook);
      else Notification.warning(trans.__("Open a notebook first, then insert the line."));
    };
    const panel = new MuseionPanel(workspace, watch, trans, {
      opening: (path) => inNotebook((notebook) => insertOpening(notebook, path)),
      connecting: (name) => inNotebook((notebook) => insertConnecting(notebook, name)),
    });
    app.shell.add(panel, "left", { rank: RANK });
    restorer?.add(panel, panel.id);
    void workspace.refreshDatasets();
    void shell?.restored.then((layout) => {
      if (layout.fresh) keepInFront(app, shell, panel.id);
    });
  },
};
