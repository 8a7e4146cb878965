/** The window's title: what is open, whose workspace it is, and where. */

const NAME = "Museion";

/** The parts that are known, from the nearest to the widest. */
export function windowTitle(document: string | undefined, workgroup: string | undefined): string {
  return [document, workgroup, NAME].filter((part) => part).join(" · ");
}

/** Keeps the page's title, which JupyterLab sets whenever its state changes. */
export class TitleKeeper {
  private readonly observer: MutationObserver;

  constructor(
    private readonly wanted: () => string,
    private readonly page: Document = document,
  ) {
    this.observer = new MutationObserver(() => this.update());
    const title = page.querySelector("title");
    if (title) this.observer.observe(title, { childList: true });
    this.update();
  }

  update(): void {
    const wanted = this.wanted();
    if (this.page.title !== wanted) this.page.title = wanted;
  }

  dispose(): void {
    this.observer.disconnect();
  }
}
