/**
 * Shows a live viewer where a notebook output describes one.
 *
 * The description is enough: data come from the workspace's server over HTTP, so the
 * view works for a member who arrives later and without a kernel. The output keeps its
 * height from the first moment, shows the saved picture until the viewer stands, and
 * shows it again, with the reason, if the viewer cannot.
 */
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import type { Disposable, ViewerHost, ViewLink, ViewSpec } from "@museion/widgets";
import { makeFallback, savedPicture, savedText } from "./fallback";
import { watchStart } from "./host";
import { heightOf, readSpec, VIEW_MIMETYPE } from "./spec";

/** Puts a viewer into an element. */
export type Mount = (
  element: HTMLElement,
  spec: ViewSpec,
  host: ViewerHost,
  link?: ViewLink,
) => Disposable;

/** A viewer's code and the server it reads from. */
export interface Viewer {
  readonly mount: Mount;
  readonly host: ViewerHost;
}

/** What a renderer is given from outside. */
export interface Surroundings {
  readonly trans: TranslationBundle;
  /** The viewer, loaded when the first one is shown. */
  loadViewer(kind: ViewSpec["kind"]): Promise<Viewer>;
  /** What a view shares, through whatever document it stands in. */
  linkFor(spec: ViewSpec): (ViewLink & Disposable) | null;
}

/** One output. */
export class ViewRenderer extends Widget implements IRenderMime.IRenderer {
  private mounted: Disposable[] = [];
  private shown = "";

  constructor(private readonly surroundings: Surroundings) {
    super();
    this.addClass("mus-View");
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data[VIEW_MIMETYPE];
    const wanted = JSON.stringify(data);
    if (wanted === this.shown) return;
    this.clear();
    this.shown = wanted;
    this.node.style.minHeight = `${heightOf(data as Partial<ViewSpec> | null)}px`;
    try {
      await this.place(readSpec(data), model, wanted);
    } catch (error) {
      this.fail(error, model);
    }
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.clear();
    super.dispose();
  }

  private async place(
    spec: ViewSpec,
    model: IRenderMime.IMimeModel,
    wanted: string,
  ): Promise<void> {
    const { trans, loadViewer, linkFor } = this.surroundings;
    const stage = document.createElement("div");
    stage.className = "mus-View-stage";
    stage.setAttribute("role", "group");
    stage.setAttribute("aria-label", spec.title || savedText(model) || trans.__("Viewer"));
    const picture = savedPicture(model, trans.__("Saved picture, the live view is on its way"));
    if (picture) stage.append(picture);
    this.node.replaceChildren(stage);
    const { mount, host } = await loadViewer(spec.kind);
    if (this.isDisposed || this.shown !== wanted) return; // meanwhile something else is shown
    picture?.remove();
    const watched = watchStart(host, (error) => this.fail(error, model));
    const link = linkFor(spec);
    if (link) this.mounted.push(link);
    this.mounted.unshift(mount(stage, spec, watched, link ?? undefined));
  }

  private fail(error: unknown, model: IRenderMime.IMimeModel): void {
    if (this.isDisposed) return;
    const retry = () => {
      this.clear();
      void this.renderModel(model);
    };
    for (const each of this.mounted.splice(0)) each.dispose();
    this.node.replaceChildren(makeFallback(model, error, this.surroundings.trans, retry));
  }

  private clear(): void {
    for (const each of this.mounted.splice(0)) each.dispose();
    this.node.replaceChildren();
    this.shown = "";
  }
}
