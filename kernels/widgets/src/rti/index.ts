/**
 * The RTI viewer: a surface under a light that the hand moves.
 *
 * `el.dataset.state` tells how far it is: `loading`, `ready` (the first image is drawn), `sharp`
 * (nothing better to come for this view) or `error`; `el.dataset.light` where the light is.
 */
import { element } from "../cube/element";
import { type Disposable, HostError, type ViewerHost, type ViewLink, type ViewSpec } from "../host";
import palette from "../palette.css";
import { hasWebGl2 } from "../scan/graphics";
import { RtiApi, type RtiInfo } from "./api";
import { Bench } from "./bench";
import css from "./rti.css";
import { TEXTS } from "./texts";

const DEFAULT_HEIGHT_PX = 460;

/**
 * Shows an RTI model in `el`.
 *
 * @param link Shares the light and the saved ones; without it they stay in this viewer.
 * @returns Dispose it to take the viewer away and free its memory.
 */
export function mountRti(
  el: HTMLElement,
  spec: ViewSpec,
  host: ViewerHost,
  link?: ViewLink,
): Disposable {
  const viewer = new RtiViewer(el, spec, host, link ?? null);
  void viewer.open();
  return viewer;
}

class RtiViewer implements Disposable {
  private readonly root = element("section", { class: "museion-view museion-rti" });
  private readonly message = element("div", { class: "mr-message" });
  private readonly readout = element("span", { class: "mr-readout" });
  private readonly live = element("span", { class: "mr-live", "aria-live": "polite" });
  private readonly api: RtiApi;
  private bench: Bench | null = null;
  private isDisposed = false;

  constructor(
    private readonly el: HTMLElement,
    private readonly spec: ViewSpec,
    host: ViewerHost,
    private readonly link: ViewLink | null,
  ) {
    this.api = new RtiApi(host, spec);
    this.root.setAttribute("aria-label", spec.title);
    this.root.style.setProperty("--mr-height", `${spec.height ?? DEFAULT_HEIGHT_PX}px`);
    el.replaceChildren(element("style", {}, palette + css), this.root);
  }

  async open(): Promise<void> {
    this.el.dataset.state = "loading";
    this.root.replaceChildren(element("p", { class: "mr-wait", role: "status" }, TEXTS.loading));
    if (!hasWebGl2()) {
      this.fail(TEXTS.noWebGl, TEXTS.noWebGlHint);
      return;
    }
    try {
      const info = await this.api.info();
      if (!this.isDisposed) this.build(info);
    } catch (error) {
      if (this.isDisposed) return;
      const isOurs = error instanceof HostError;
      this.fail(isOurs ? error.message : TEXTS.failed, isOurs ? error.hint : "");
      if (!isOurs) console.error(error);
    }
  }

  dispose(): void {
    this.isDisposed = true;
    this.close();
    this.el.replaceChildren();
    delete this.el.dataset.state;
    delete this.el.dataset.light;
  }

  private build(info: RtiInfo): void {
    const bench = new Bench(this.spec, info, this.api, this.link, {
      light: (text, isDone) => this.tellLight(text, isDone),
      ready: () => {
        if (this.el.dataset.state === "loading") this.el.dataset.state = "ready";
      },
      sharp: (isSharp) => {
        if (this.el.dataset.state !== "loading")
          this.el.dataset.state = isSharp ? "sharp" : "ready";
      },
      complain: (error) => this.complain(error),
    });
    this.bench = bench;
    this.root.replaceChildren(this.header(info), ...bench.nodes, this.message, this.live);
  }

  private header(info: RtiInfo): HTMLElement {
    const size = `${info.width} × ${info.height} px`;
    const basis = `${TEXTS.bases[info.basis]}, ${TEXTS.normalsFrom(info.normals)}`;
    const badge = element(
      "span",
      { class: "mr-badge", title: TEXTS.syntheticTitle },
      TEXTS.synthetic,
    );
    return element(
      "header",
      {},
      element("h3", {}, this.spec.title),
      ...(info.synthetic ? [badge] : []),
      element("span", { class: "mr-facts" }, `${this.spec.dataset} · ${size} · ${basis}`),
      this.readout,
    );
  }

  private tellLight(text: string, isDone: boolean): void {
    this.readout.textContent = text;
    this.el.dataset.light = text;
    if (isDone) this.live.textContent = text;
  }

  private close(): void {
    this.bench?.dispose();
    this.bench = null;
  }

  /** Says what went wrong beside a picture that may still be of use. */
  private complain(error: unknown): void {
    if (this.isDisposed) return;
    const message = error instanceof Error ? error.message : String(error);
    this.message.replaceChildren(
      this.explain(message, error instanceof HostError ? error.hint : ""),
    );
  }

  /** Says what went wrong in place of the picture. */
  private fail(message: string, hint: string): void {
    this.close();
    this.el.dataset.state = "error";
    this.root.replaceChildren(element("div", { class: "mr-failed" }, this.explain(message, hint)));
  }

  private explain(message: string, hint: string): HTMLElement {
    const again = element("button", { type: "button" }, TEXTS.again);
    again.addEventListener("click", () => {
      this.close();
      this.message.replaceChildren();
      void this.open();
    });
    return element("p", { role: "alert" }, hint ? `${message}. ${hint}` : message, " ", again);
  }
}
