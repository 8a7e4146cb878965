/** Watches what is written into the metadata of notebooks, in each that is opened. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import type { DocumentRegistry } from "@jupyterlab/docregistry";
import type { INotebookModel, NotebookPanel } from "@jupyterlab/notebook";
import { withoutSealed } from "./state";

const WIDGETS = "widgets";

/**
 * The manager of widgets hands their state to the notebook's model as metadata. What is sealed
 * is taken out there, before the shared document, its history or the file have it.
 */
export function guard(model: INotebookModel): void {
  const pass = model.setMetadata.bind(model);
  model.setMetadata = (key, value): void => {
    pass(key, key === WIDGETS ? withoutSealed(value) : value);
  };
}

class Guard implements DocumentRegistry.IWidgetExtension<NotebookPanel, INotebookModel> {
  createNew(_panel: NotebookPanel, context: DocumentRegistry.IContext<INotebookModel>): undefined {
    guard(context.model);
  }
}

export const unsavedPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:unsaved",
  description: "Keeps decrypted geometry of widgets out of saved notebooks.",
  autoStart: true,
  activate: (app: JupyterFrontEnd): void => {
    app.docRegistry.addWidgetExtension("Notebook", new Guard());
  },
};
