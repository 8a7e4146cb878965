/** The item of the status bar as JupyterLab holds it. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { ClusterWatch } from "@museion/widgets/lib/cluster/index";
import { StatusBody } from "./status";

export class ClusterStatus extends ReactWidget {
  constructor(
    private readonly watch: ClusterWatch,
    private readonly trans: TranslationBundle,
    private readonly onOpen: () => void,
  ) {
    super();
    this.addClass("mus-Status");
  }

  override render(): JSX.Element {
    return <StatusBody watch={this.watch} trans={this.trans} onOpen={this.onOpen} />;
  }
}
