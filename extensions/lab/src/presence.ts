/** Tells the server that this browser is here, and keeps the list of people fresh. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Poll } from "@lumino/polling";
import { IWorkspace } from "./workspace";

const BEAT_MS = 20_000;

/** Beats for as long as the page is open, also in a hidden tab; slower while nobody answers. */
export function startPresence(workspace: IWorkspace, intervalMs: number = BEAT_MS): Poll {
  return new Poll({
    name: "@museion/lab:presence",
    frequency: { interval: intervalMs, backoff: true, max: 6 * intervalMs },
    standby: "never",
    factory: async () => {
      await workspace.beat();
      await workspace.refreshCompany();
    },
  });
}

export const presencePlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:presence",
  description: "Shows the others that you are here.",
  autoStart: true,
  requires: [IWorkspace],
  activate: (_app: JupyterFrontEnd, workspace: IWorkspace): void => {
    startPresence(workspace);
  },
};
