/**
 * The cube viewer: image, wavelengths, and the spectra of picked spots.
 *
 * `el.dataset.state` tells how far it is: `loading`, `ready` (the first image is
 * drawn) or `error`.
 */
import { type Disposable, HostError, type ViewerHost, type ViewLink, type ViewSpec } from "../host";
import palette from "../palette.css";
import css from "./cube.css";
import { element } from "./element";
import layers from "./layers.css";
import { type OpenLayer, openAll } from "./opening";
import regions from "./regions.css";
import side from "./side.css";
import { TEXTS } from "./texts";
import type { Point } from "./viewport";
import { Workbench } from "./workbench";

const DEFAULT_HEIGHT_PX = 460;

/**
 * Shows a cube in `el`.
 *
 * @param link Shares the picks; without it they stay in this viewer.
 * @returns Dispose it to take the viewer away and free its memory.
 */
export function mountCube(
  el: HTMLElement,
  spec: ViewSpec,
  host: ViewerHost,
  link?: ViewLink,
): Disposable {
  const viewer = new CubeViewer(el, spec, host, link ?? null);
  void viewer.open();
  return viewer;
}

class CubeViewer implements Disposable {
  private readonly root = element("section", { class: "museion-view museion-cube" });
  private readonly message = element("div", { class: "mc-message" });
  private readonly readout = element("span", { class: "mc-readout" });
  private readonly live = element("span", { class: "mc-live", "aria-live": "polite" });
  /** What went wrong while opening; the rest is shown. */
  private readonly troubles: unknown[] = [];
  private bench: Workbench | null = null;
  private isDisposed = false;

  constructor(
    private readonly el: HTMLElement,
    private readonly spec: ViewSpec,
    private readonly host: ViewerHost,
    private readonly link: ViewLink | null,
  ) {
    this.root.setAttribute("aria-label", spec.title);
    this.root.style.setProperty("--mc-height", `${spec.height ?? DEFAULT_HEIGHT_PX}px`);
    el.replaceChildren(element("style", {}, palette + css + layers + side + regions), this.root);
  }

  async open(): Promise<void> {
    this.el.dataset.state = "loading";
    this.root.replaceChildren(element("p", { class: "mc-wait", role: "status" }, TEXTS.loading));
    try {
      const opened = await openAll(this.spec, this.host, {
        redraw: () => this.bench?.refresh(),
        complain: (error) => {
          this.troubles.push(error);
          this.complain(error);
        },
      });
      if (!this.isDisposed) this.build(opened);
    } catch (error) {
      if (!this.isDisposed) this.fail(error);
    }
  }

  dispose(): void {
    this.isDisposed = true;
    this.close();
    this.el.replaceChildren();
    delete this.el.dataset.state;
  }

  private close(): void {
    this.troubles.length = 0;
    this.bench?.dispose();
    this.bench = null;
  }

  private build(opened: [OpenLayer, ...OpenLayer[]]): void {
    const [base] = opened;
    const bench = new Workbench(this.spec, opened, this.link, {
      hover: (pixel) => this.showPlace(pixel, base),
      ready: () => this.ready(),
      say: (text) => {
        this.live.textContent = text;
      },
      complain: (error) => this.complain(error),
    });
    this.bench = bench;
    this.root.replaceChildren(this.header(opened), ...bench.nodes, this.message, this.live);
    bench.refresh();
  }

  private header([base, ...layers]: readonly [OpenLayer, ...OpenLayer[]]): HTMLElement {
    const title = element("h3", {}, this.spec.title);
    const { width, height } = base.layer.geometry;
    const facts = `${this.spec.dataset} · ${width} × ${height} px · ${base.facts}`;
    const isSynthetic = [base, ...layers].some((each) => each.isSynthetic);
    const badge = element(
      "span",
      { class: "mc-badge", title: TEXTS.syntheticTitle },
      TEXTS.synthetic,
    );
    return element(
      "header",
      {},
      title,
      ...(isSynthetic ? [badge] : []),
      element("span", { class: "mc-facts" }, facts),
      this.readout,
    );
  }

  private showPlace(pixel: Point | null, { pixelSizeMm: size }: OpenLayer): void {
    const mm = (value: number) => ((value + 0.5) * (size ?? 0)).toFixed(1);
    const where = pixel && `x ${pixel.x}, y ${pixel.y}`;
    const length = pixel && size ? ` · ${mm(pixel.x)}, ${mm(pixel.y)} mm` : "";
    this.readout.textContent = where ? where + length : "";
  }

  private ready(): void {
    if (this.el.dataset.state === "ready") return;
    this.el.dataset.state = "ready";
    this.message.replaceChildren(...this.troubles.map((each) => this.explain(each)));
  }

  /** Says what went wrong beside a picture that may still be of use. */
  private complain(error: unknown): void {
    if (!this.isDisposed) this.message.replaceChildren(this.explain(error));
  }

  /** Says what went wrong in place of the picture. */
  private fail(error: unknown): void {
    this.el.dataset.state = "error";
    this.root.replaceChildren(element("div", { class: "mc-failed" }, this.explain(error)));
  }

  private explain(error: unknown): HTMLElement {
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof HostError ? error.hint : "";
    const again = element("button", { type: "button" }, TEXTS.again);
    again.addEventListener("click", () => {
      this.close();
      this.message.replaceChildren();
      void this.open();
    });
    return element("p", { role: "alert" }, hint ? `${message}. ${hint}` : message, " ", again);
  }
}
