/**
 * What the panels show: the workgroup, its people and its datasets.
 *
 * One model for all of them, so that the title, the sidebar and the launcher agree and
 * the server is asked once.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Token } from "@lumino/coreutils";
import { type ISignal, Signal } from "@lumino/signaling";
import { type Company, type DatasetRecord, explain, ServerApi, type WorkspaceApi } from "./api";

/** Something that is fetched: its last good value, whether it is on its way, what went wrong. */
export interface Loadable<T> {
  readonly value: T | null;
  readonly isLoading: boolean;
  readonly error: { readonly message: string; readonly hint: string } | null;
}

/** The workspace as the panels see it. */
export interface IWorkspace {
  readonly company: Loadable<Company>;
  readonly datasets: Loadable<readonly DatasetRecord[]>;
  readonly changed: ISignal<IWorkspace, void>;
  refreshCompany(): Promise<void>;
  refreshDatasets(): Promise<void>;
  /** Says that this browser is here. */
  beat(): Promise<void>;
}

export const IWorkspace = new Token<IWorkspace>(
  "@museion/lab:IWorkspace",
  "The workgroup of this workspace, its people and its datasets.",
);

const NOTHING_YET = { value: null, isLoading: false, error: null } as const;

/** Keeps what the server said last. */
export class Workspace implements IWorkspace {
  company: Loadable<Company> = NOTHING_YET;
  datasets: Loadable<readonly DatasetRecord[]> = NOTHING_YET;
  readonly changed: Signal<IWorkspace, void> = new Signal<IWorkspace, void>(this);

  constructor(private readonly api: WorkspaceApi) {}

  refreshCompany(): Promise<void> {
    return this.load(
      this.company,
      () => this.api.company(),
      (state) => {
        this.company = state;
      },
    );
  }

  refreshDatasets(): Promise<void> {
    return this.load(
      this.datasets,
      () => this.api.datasets(),
      (state) => {
        this.datasets = state;
      },
    );
  }

  beat(): Promise<void> {
    return this.api.beat();
  }

  private async load<T>(
    before: Loadable<T>,
    ask: () => Promise<T>,
    assign: (state: Loadable<T>) => void,
  ): Promise<void> {
    const set = (state: Loadable<T>) => {
      assign(state);
      this.changed.emit();
    };
    set({ ...before, isLoading: true });
    try {
      set({ value: await ask(), isLoading: false, error: null });
    } catch (error) {
      set({ value: before.value, isLoading: false, error: explain(error) });
    }
  }
}

export const workspacePlugin: JupyterFrontEndPlugin<IWorkspace> = {
  id: "@museion/lab:workspace",
  description: "Asks the server about the workgroup, its people and its datasets.",
  autoStart: true,
  provides: IWorkspace,
  activate: (app: JupyterFrontEnd): IWorkspace =>
    new Workspace(new ServerApi(app.serviceManager.serverSettings)),
};
