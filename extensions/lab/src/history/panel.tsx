/** The history panel as JupyterLab holds it. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { historyIcon, ReactWidget, UseSignal } from "@jupyterlab/ui-components";
import type { Message } from "@lumino/messaging";
import { HistoryBody } from "./body";
import type { HistoryModel } from "./model";
import type { Version } from "./versions";

/** Asks for the versions whenever it comes to the front. */
export class HistoryPanel extends ReactWidget {
  constructor(
    private readonly model: HistoryModel,
    private readonly trans: TranslationBundle,
    private readonly onRestore: (version: Version) => void,
  ) {
    super();
    this.id = "museion-history";
    this.addClass("mus-Panel");
    this.addClass("mus-History");
    this.title.icon = historyIcon;
    this.title.caption = trans.__("History of this document");
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", trans.__("History of this document"));
  }

  override render(): JSX.Element {
    return (
      <UseSignal signal={this.model.changed}>
        {() => <HistoryBody model={this.model} trans={this.trans} onRestore={this.onRestore} />}
      </UseSignal>
    );
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.model.refresh();
  }
}
