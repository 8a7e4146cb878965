/** The sidebar `Museion` as JupyterLab holds it. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget, UseSignal } from "@jupyterlab/ui-components";
import type { ClusterWatch } from "@museion/widgets/lib/cluster/index";
import { Clusters } from "../clusters/section";
import { museionIcon } from "../icons";
import type { IWorkspace } from "../workspace";
import { PanelBody } from "./body";

export const PANEL_ID = "museion-panel";

/** What the panel's buttons write into the notebook a person works in. */
export interface Inserting {
  opening(path: string): void;
  connecting(cluster: string): void;
}

/** Draws the body again whenever the workspace changes. */
export class MuseionPanel extends ReactWidget {
  constructor(
    private readonly workspace: IWorkspace,
    private readonly watch: ClusterWatch,
    private readonly trans: TranslationBundle,
    private readonly insert: Inserting,
  ) {
    super();
    this.id = PANEL_ID;
    this.addClass("mus-Panel");
    this.title.icon = museionIcon;
    this.title.caption = trans.__("Museion: people, datasets and clusters");
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", trans.__("Museion"));
  }

  override render(): JSX.Element {
    return (
      <UseSignal signal={this.workspace.changed}>
        {() => (
          <PanelBody
            workspace={this.workspace}
            trans={this.trans}
            onOpen={(path) => this.insert.opening(path)}
          >
            <Clusters
              watch={this.watch}
              trans={this.trans}
              onConnect={(name) => this.insert.connecting(name)}
            />
          </PanelBody>
        )}
      </UseSignal>
    );
  }
}
