/** Adds the history panel, its command, and what to say when work can't be kept. */
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { Dialog, ICommandPalette, Notification, showDialog } from "@jupyterlab/apputils";
import { DocumentWidget } from "@jupyterlab/docregistry";
import { ITranslator, nullTranslator, type TranslationBundle } from "@jupyterlab/translation";
import { historyIcon } from "@jupyterlab/ui-components";
import type { Widget } from "@lumino/widgets";
import { ServerApi } from "../api";
import { HistoryModel } from "./model";
import { HistoryPanel } from "./panel";
import { ServerHistory, type Version } from "./versions";
import { authorsLabel, dayLabel, timeLabel, troubleLabel } from "./words";

const SHOW_HISTORY = "museion:history";
const TROUBLE = "urn:museion:event:trouble";
const RANK = 300;

/** Asks before everybody's document changes. */
async function confirm(version: Version, trans: TranslationBundle): Promise<boolean> {
  const when = `${dayLabel(version)}, ${timeLabel(version)}`;
  const { button } = await showDialog({
    title: trans.__("Bring this version back?"),
    body: trans.__(
      "The version of %1 (%2) comes back for everybody who has the document open. What is there now is kept as a version, so that you can go back to it.",
      when,
      authorsLabel(version, trans),
    ),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__("Bring back") })],
    defaultButton: 0,
  });
  return button.accept;
}

/** Says once what can't be kept, and once when it is over. */
function announceTroubles(app: JupyterFrontEnd, trans: TranslationBundle): void {
  const shown = new Map<string, string>();
  app.serviceManager.events.stream.connect((_sender, event) => {
    if (event.schema_id !== TROUBLE) return;
    const task = String(event["task"]);
    const before = shown.get(task);
    if (before !== undefined) Notification.dismiss(before);
    shown.delete(task);
    if (event["is_over"] === true) {
      Notification.success(trans.__("Work is kept again."), { autoClose: 5000 });
      return;
    }
    const text = troubleLabel(task, event["is_disk_full"] === true, trans);
    shown.set(task, Notification.error(text, { autoClose: false }));
  });
}

export const historyPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:history",
  description: "Earlier versions of the document one is working in.",
  autoStart: true,
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
  ): void => {
    const trans = (translator ?? nullTranslator).load("museion");
    const model = new HistoryModel(
      new ServerHistory(new ServerApi(app.serviceManager.serverSettings)),
    );
    const restore = async (version: Version) => {
      if (!(await confirm(version, trans))) return;
      await model.restore(
        version.number,
        trans.__("The version of %1 is back.", timeLabel(version)),
      );
    };
    const panel = new HistoryPanel(model, trans, (version) => void restore(version));
    app.shell.add(panel, "right", { rank: RANK });
    restorer?.add(panel, panel.id);

    const follow = (widget: Widget | null) => {
      if (!(widget instanceof DocumentWidget)) return;
      const path = app.serviceManager.contents.localPath(widget.context.path);
      if (path === model.path) return;
      void model.show(path);
    };
    shell?.currentChanged.connect((_sender, { newValue }) => follow(newValue));
    void app.restored.then(() => follow(app.shell.currentWidget));

    app.commands.addCommand(SHOW_HISTORY, {
      label: trans.__("History of This Document"),
      caption: trans.__("Earlier versions, who edited, and how to bring one back"),
      icon: historyIcon,
      describedBy: { args: { type: "object", properties: {} } },
      execute: () => {
        follow(app.shell.currentWidget);
        app.shell.activateById(panel.id);
        panel.node.querySelector<HTMLElement>("button")?.focus();
      },
    });
    palette?.addItem({ command: SHOW_HISTORY, category: "Museion" });
    announceTroubles(app, trans);
  },
};
