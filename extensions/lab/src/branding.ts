/** Museion's mark in place of Jupyter's, and the workgroup in the window's title. */
import { ILabShell, JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { URLExt } from "@jupyterlab/coreutils";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { museionIcon } from "./icons";
import { TitleKeeper, windowTitle } from "./title";
import { IWorkspace } from "./workspace";

/** The mark; a link to the hub's home page where there is a hub. */
export function makeLogo(home: string | null, label: string): Widget {
  const node = document.createElement(home ? "a" : "div");
  node.className = "mus-Logo";
  if (home) {
    node.setAttribute("href", home);
    node.setAttribute("aria-label", label);
    node.title = label;
  }
  museionIcon.element({ container: node, tag: "span", height: "20px", width: "20px" });
  const logo = new Widget({ node });
  logo.id = "jp-MainLogo";
  return logo;
}

export const logoPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:logo",
  description: "Puts Museion's mark in the top-left corner; it leads to the home page.",
  autoStart: true,
  requires: [ILabShell, JupyterFrontEnd.IPaths],
  optional: [ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    shell: ILabShell,
    paths: JupyterFrontEnd.IPaths,
    translator: ITranslator | null,
  ): void => {
    const trans = (translator ?? nullTranslator).load("museion");
    const hub = paths.urls.hubPrefix;
    const home = hub ? URLExt.join(paths.urls.hubHost ?? "", hub, "home") : null;
    shell.add(makeLogo(home, trans.__("Museion home page")), "top", { rank: 0 });
  },
};

export const titlePlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:title",
  description: "Names the workgroup in the window's title.",
  autoStart: true,
  requires: [ILabShell, IWorkspace],
  activate: (_app: JupyterFrontEnd, shell: ILabShell, workspace: IWorkspace): void => {
    const keeper = new TitleKeeper(() =>
      windowTitle(shell.currentWidget?.title.label, workspace.company.value?.workgroup?.title),
    );
    shell.currentChanged.connect(() => keeper.update());
    workspace.changed.connect(() => keeper.update());
  },
};
