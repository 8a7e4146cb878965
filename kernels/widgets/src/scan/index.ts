/**
 * The scan viewer: streams a scan's levels of detail from the workspace's server.
 *
 * `el.dataset.state` tells how far it is: `loading`, `ready` (the first image is drawn), `sharp`
 * (nothing better to come for this view) or `error`. It draws only when something changed.
 */
import { element } from "../cube/element";
import { type Disposable, HostError, type ViewerHost, type ViewLink, type ViewSpec } from "../host";
import palette from "../palette.css";
import annotationsCss from "./annotations/annotations.css";
import disabledCss from "./disabled.css";
import footnoteCss from "./footnote.css";
import { FormatError, parseHead, type ScanHead } from "./format";
import { hasWebGl2 } from "./graphics";
import lampCss from "./lamp.css";
import layersCss from "./layers/layers.css";
import measureCss from "./measure/measure.css";
import css from "./scan.css";
import { Session } from "./session";
import { type ScanSource, sourceOf } from "./sources";
import { TEXTS } from "./texts";
import togetherCss from "./together/together.css";

const DEFAULT_HEIGHT_PX = 520;
const STYLES = [
  palette,
  lampCss,
  css,
  disabledCss,
  footnoteCss,
  measureCss,
  annotationsCss,
  togetherCss,
  layersCss,
];

/**
 * Shows a scan in `el`.
 *
 * @param link Shares what is marked: measurements and notes.
 * @returns Dispose it to take the viewer away and free its memory.
 */
export function mountScan(
  el: HTMLElement,
  spec: ViewSpec,
  host: ViewerHost,
  link?: ViewLink,
): Disposable {
  const viewer = new ScanViewer(el, spec, host, link ?? null);
  void viewer.open();
  return viewer;
}

class ScanViewer implements Disposable {
  private readonly source: ScanSource;
  private readonly root = element("section", { class: "museion-view museion-scan" });
  private session: Session | null = null;
  private isDisposed = false;

  constructor(
    private readonly el: HTMLElement,
    private readonly spec: ViewSpec,
    private readonly host: ViewerHost,
    private readonly link: ViewLink | null,
  ) {
    this.source = sourceOf(spec, host, link);
    this.root.setAttribute("aria-label", spec.title);
    this.root.style.setProperty("--ms-height", `${spec.height ?? DEFAULT_HEIGHT_PX}px`);
    el.replaceChildren(element("style", {}, STYLES.join("")), this.root);
  }

  async open(): Promise<void> {
    this.close();
    this.el.dataset.state = "loading";
    this.root.replaceChildren(element("p", { class: "ms-wait", role: "status" }, TEXTS.loading));
    const answer = this.source.head(); // on its way while the graphics card wakes up
    if (!hasWebGl2()) {
      answer.catch(() => undefined);
      this.fail(TEXTS.noWebGl, TEXTS.noWebGlHint);
      return;
    }
    try {
      const head = parseHead(await answer);
      if (!this.isDisposed) this.start(head);
    } catch (error) {
      if (this.isDisposed) return;
      const isOurs = error instanceof HostError || error instanceof FormatError;
      const hint = error instanceof HostError ? error.hint : "";
      this.fail(isOurs ? error.message : TEXTS.failed, hint);
      if (!isOurs) console.error(error);
    }
  }

  dispose(): void {
    this.isDisposed = true;
    this.close();
    this.el.replaceChildren();
    delete this.el.dataset.state;
    delete this.el.dataset.triangles;
  }

  private start(head: ScanHead): void {
    this.session = new Session(this.root, this.el, head, {
      spec: this.spec,
      source: this.source,
      host: this.host,
      link: this.link,
    });
  }

  private close(): void {
    this.session?.dispose();
    this.session = null;
  }

  private fail(message: string, hint: string): void {
    this.close();
    const again = element("button", { type: "button" }, TEXTS.again);
    again.addEventListener("click", () => void this.open());
    this.root.replaceChildren(
      element(
        "div",
        { class: "ms-failure", role: "alert" },
        element("p", {}, message),
        element("p", { class: "ms-hint" }, hint),
        again,
      ),
    );
    this.el.dataset.state = "error";
  }
}
