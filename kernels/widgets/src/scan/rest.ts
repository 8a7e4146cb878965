/**
 * Tells when nobody has seen an element for a while, and when somebody does again.
 *
 * A browser grants a page some sixteen graphics contexts; a notebook has more cells than that.
 */
import type { Disposable } from "../host";

/** Long enough to scroll past and back. */
const REST_AFTER_MS = 2000;
/** Neighbours of what is on screen are soon seen. */
const MARGIN_PX = 200;

export interface RestEvents {
  sleep(): void;
  wake(): void;
}

export class Rest implements Disposable {
  private readonly observer: IntersectionObserver;
  private readonly onVisibility = (): void => this.update();
  private isOnScreen = true;
  private isAsleep = false;
  private timer = 0;

  constructor(
    node: HTMLElement,
    private readonly events: RestEvents,
  ) {
    this.observer = new IntersectionObserver(
      (entries) => {
        this.isOnScreen = entries.at(-1)?.isIntersecting ?? true;
        this.update();
      },
      { rootMargin: `${MARGIN_PX}px` },
    );
    this.observer.observe(node);
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.observer.disconnect();
    document.removeEventListener("visibilitychange", this.onVisibility);
  }

  private update(): void {
    clearTimeout(this.timer);
    if (this.isOnScreen && !document.hidden) {
      if (this.isAsleep) this.events.wake();
      this.isAsleep = false;
    } else if (!this.isAsleep) {
      this.timer = window.setTimeout(() => {
        this.isAsleep = true;
        this.events.sleep();
      }, REST_AFTER_MS);
    }
  }
}
