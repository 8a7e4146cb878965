/** The command “Publish to guests…”: in the palette, on a notebook and in its toolbar. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import {
  CommandToolbarButton,
  Dialog,
  ICommandPalette,
  Notification,
  showDialog,
} from "@jupyterlab/apputils";
import type { DocumentRegistry } from "@jupyterlab/docregistry";
import { type INotebookModel, INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { ITranslator, nullTranslator, type TranslationBundle } from "@jupyterlab/translation";
import type { IDisposable } from "@lumino/disposable";
import { Widget } from "@lumino/widgets";
import { ServerApi } from "../api";
import { publishIcon } from "../icons";
import { IWorkspace } from "../workspace";
import { PublishingServer } from "./api";
import { publishNotebook, type Question, type Talk } from "./publish";

export const PUBLISH = "museion:publish";
const CATEGORY = "Museion";
const TOOLBAR_PLACE = 10; // after the cell type
const SHOWN_MS = 20_000;

/** Puts the command into every notebook's toolbar, but only in a workgroup's workspace. */
class ToolbarButtons implements DocumentRegistry.IWidgetExtension<NotebookPanel, INotebookModel> {
  constructor(private readonly app: JupyterFrontEnd) {}

  createNew(panel: NotebookPanel): IDisposable {
    const button = new CommandToolbarButton({
      commands: this.app.commands,
      id: PUBLISH,
      label: "",
    });
    panel.toolbar.insertItem(TOOLBAR_PLACE, "museion-publish", button);
    return button;
  }
}

/** Asks in a dialog, tells in a notification. */
export function dialogTalk(trans: TranslationBundle): Talk {
  return {
    async confirm(question: Question): Promise<boolean> {
      const result = await showDialog({
        title: question.title,
        body: paragraphs(question.lines),
        buttons: [
          Dialog.cancelButton({ label: trans.__("Cancel") }),
          Dialog.okButton({ label: question.accept }),
        ],
      });
      return result.button.accept;
    },
    succeed(message: string, address: string): void {
      const open = () => {
        window.open(address, "_blank", "noopener,noreferrer");
      };
      Notification.success(message, {
        autoClose: SHOWN_MS,
        actions: [{ label: trans.__("Show the page"), callback: open }],
      });
    },
    fail(message: string): void {
      Notification.error(message, { autoClose: false });
    },
  };
}

function paragraphs(lines: readonly string[]): Widget {
  const body = new Widget();
  for (const line of lines) {
    const paragraph = document.createElement("p");
    paragraph.textContent = line;
    body.node.append(paragraph);
  }
  return body;
}

export const publishPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:publish",
  description: "Publishes notebooks to the workgroup's guests.",
  autoStart: true,
  requires: [IWorkspace, INotebookTracker],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    workspace: IWorkspace,
    notebooks: INotebookTracker,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
  ): void => {
    const trans = (translator ?? nullTranslator).load("museion");
    const api = new PublishingServer(new ServerApi(app.serviceManager.serverSettings));
    const group = () => workspace.company.value?.workgroup?.title;
    app.commands.addCommand(PUBLISH, {
      label: trans.__("Publish to Guests…"),
      caption: trans.__("Publish this notebook as a page that the workgroup’s guests can read"),
      icon: publishIcon,
      isVisible: () => group() !== undefined,
      isEnabled: () => group() !== undefined && notebooks.currentWidget !== null,
      execute: async () => {
        const path = notebooks.currentWidget?.context.localPath;
        const title = group();
        if (path && title) await publishNotebook(path, title, api, dialogTalk(trans), trans);
      },
    });
    workspace.changed.connect(() => app.commands.notifyCommandChanged(PUBLISH));
    notebooks.currentChanged.connect(() => app.commands.notifyCommandChanged(PUBLISH));
    palette?.addItem({ command: PUBLISH, category: CATEGORY });
    app.contextMenu.addItem({ command: PUBLISH, selector: ".jp-Notebook", rank: 50 });
    app.docRegistry.addWidgetExtension("Notebook", new ToolbarButtons(app));
  },
};
