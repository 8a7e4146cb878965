/** The sidebar `Museion` as JupyterLab holds it. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget, UseSignal } from "@jupyterlab/ui-components";
import { museionIcon } from "../icons";
import type { IWorkspace } from "../workspace";
import { PanelBody } from "./body";

/** Draws the body again whenever the workspace changes. */
export class MuseionPanel extends ReactWidget {
  constructor(
    private readonly workspace: IWorkspace,
    private readonly trans: TranslationBundle,
    private readonly onOpen: (path: string) => void,
  ) {
    super();
    this.id = "museion-panel";
    this.addClass("mus-Panel");
    this.title.icon = museionIcon;
    this.title.caption = trans.__("Museion: people and datasets");
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", trans.__("Museion"));
  }

  override render(): JSX.Element {
    return (
      <UseSignal signal={this.workspace.changed}>
        {() => <PanelBody workspace={this.workspace} trans={this.trans} onOpen={this.onOpen} />}
      </UseSignal>
    );
  }
}
