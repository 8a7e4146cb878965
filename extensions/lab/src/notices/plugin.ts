/** What a visitor should know of the workspace: a limit that ended a kernel, and looking only. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILabShell } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { Poll } from "@lumino/polling";
import { Widget } from "@lumino/widgets";
import { ServerApi } from "../api";
import { IWorkspace } from "../workspace";
import { type LimitNotice, NoticeWatch, notebooksOf } from "./watch";

const LOOK_MS = 5_000;
const RANK = 900; // after the menus

export const limitNoticesPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:limit-notices",
  description: "Says when a limit of the workspace ended a kernel, and of which notebook.",
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): void => {
    const trans = (translator ?? nullTranslator).load("museion");
    const api = new ServerApi(app.serviceManager.serverSettings);
    const watch = new NoticeWatch(
      async () => (await api.request<{ notices: LimitNotice[] }>("notices")).notices,
      (notice) => {
        const stopped = notebooksOf(notice, app.serviceManager.sessions.running()).join(", ");
        const where = stopped ? ` ${trans.__("It ran: %1.", stopped)}` : "";
        Notification.warning(`${notice.message}.${where}`, { autoClose: false });
      },
    );
    new Poll({
      name: "@museion/lab:limit-notices",
      frequency: { interval: LOOK_MS, backoff: true, max: 12 * LOOK_MS },
      standby: "when-hidden",
      factory: () => watch.look(),
    });
  },
};

export const lookingOnlyPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:looking-only",
  description: "Tells who may only look that nothing they type is kept.",
  autoStart: true,
  requires: [ILabShell, IWorkspace],
  optional: [ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    shell: ILabShell,
    workspace: IWorkspace,
    translator: ITranslator | null,
  ): void => {
    const trans = (translator ?? nullTranslator).load("museion");
    const badge = makeBadge(trans.__("You may only look: nothing that you type here is kept"));
    shell.add(badge, "top", { rank: RANK });
    const update = () => badge.setHidden(workspace.company.value?.may_write !== false);
    workspace.changed.connect(update);
    update();
  },
};

/** The words in the top bar; read out when they appear. */
export function makeBadge(text: string): Widget {
  const node = document.createElement("div");
  node.setAttribute("role", "status");
  node.textContent = text;
  const badge = new Widget({ node });
  badge.id = "mus-looking-only";
  badge.addClass("mus-LookingOnly");
  return badge;
}
