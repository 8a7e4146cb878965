/**
 * Registers the renderer: once for every place that renders outputs, and again for each
 * notebook, where marks are shared through its document and its kernel.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import type { ViewSpec } from "@museion/widgets";
import type { Awareness } from "./company";
import { KernelRelay } from "./kernel";
import { type Surroundings, type Viewer, ViewRenderer } from "./renderer";
import { type MarkDocument, SharedView } from "./shared";
import { itemKey, VIEW_MIMETYPE, viewKey } from "./spec";

// Before the kernel's widget view (-10), which a browser that came later can't show.
const RANK = -100;

/**
 * The description holds names only and each member reads with their own rights, so it may
 * be shown in a notebook that is not trusted: trust is not shared between browsers.
 */
export function makeFactory(surroundings: Surroundings): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [VIEW_MIMETYPE],
    defaultRank: RANK,
    createRenderer: () => new ViewRenderer(surroundings),
  };
}

/** The viewer's code, in a chunk of its own: it is large and often not needed. */
async function loadViewer(kind: ViewSpec["kind"], baseUrl: string): Promise<Viewer> {
  const { HttpHost, mountCube, mountRti, mountScan } = await import("@museion/widgets");
  const mounts = { cube: mountCube, map: mountCube, rti: mountRti, scan: mountScan } as const;
  return { host: new HttpHost(baseUrl), mount: mounts[kind] };
}

/** What is used here of a notebook that several people may have open. */
interface SharedModel {
  readonly ydoc?: MarkDocument;
  readonly awareness?: Awareness;
}

/** Marks that go through the notebook's document and its kernel. */
function linkThrough(panel: NotebookPanel): Surroundings["linkFor"] {
  return (spec) => {
    const shared = panel.context.model.sharedModel as unknown as SharedModel;
    if (!shared.ydoc) return null;
    const relay = spec.model_id ? new KernelRelay(panel.sessionContext, spec.model_id) : null;
    return new SharedView(shared.ydoc, viewKey(spec), relay, itemKey(spec), shared.awareness);
  };
}

export const viewerPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:viewer",
  description: "Shows cubes and scans in notebooks, also without a kernel.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    registry: IRenderMimeRegistry,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null,
  ): void => {
    const base: Surroundings = {
      trans: (translator ?? nullTranslator).load("museion"),
      loadViewer: (kind) => loadViewer(kind, app.serviceManager.serverSettings.baseUrl),
      linkFor: () => null,
    };
    registry.addFactory(makeFactory(base), RANK);
    notebooks?.widgetAdded.connect((_tracker, panel) => {
      const factory = makeFactory({ ...base, linkFor: linkThrough(panel) });
      panel.content.rendermime.addFactory(factory, RANK);
    });
  },
};
