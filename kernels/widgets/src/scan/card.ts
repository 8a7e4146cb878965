/**
 * The graphics card as a session has it: it may be taken away, and is given back while nobody
 * looks, with a still picture in its place.
 */
import type { WebGLRenderer } from "three";

import { element } from "../cube/element";
import type { Disposable } from "../host";
import { Rest } from "./rest";

export interface CardEvents {
  /** Draws what is to stand still, at once. */
  lastFrame(): void;
  /** The card forgot everything; `isResting`: we gave it back. */
  lost(isResting: boolean): void;
  /** The card is there again, empty. */
  restored(): void;
}

export class Card implements Disposable {
  /** Lies over the canvas while the card is away. */
  readonly still = element("img", { class: "ms-still", alt: "", hidden: true });
  private readonly canvas: HTMLCanvasElement;
  private readonly rest: Rest;
  private isResting = false;
  private isLost = false;

  constructor(
    private readonly renderer: WebGLRenderer,
    node: HTMLElement,
    private readonly events: CardEvents,
  ) {
    this.canvas = renderer.domElement;
    this.canvas.addEventListener("webglcontextlost", this.onLost);
    this.canvas.addEventListener("webglcontextrestored", this.onRestored);
    this.rest = new Rest(node, { sleep: () => this.giveBack(), wake: () => this.takeAgain() });
  }

  /** Whether something can be drawn. */
  get isHere(): boolean {
    return !this.isResting && !this.isLost;
  }

  /** Takes the still picture away: the canvas shows at least as much. */
  reveal(): void {
    if (this.still.hidden) return;
    this.still.hidden = true;
    this.still.removeAttribute("src");
  }

  dispose(): void {
    this.rest.dispose();
    this.canvas.removeEventListener("webglcontextlost", this.onLost);
    this.canvas.removeEventListener("webglcontextrestored", this.onRestored);
  }

  private giveBack(): void {
    if (!this.isHere) return;
    this.events.lastFrame();
    this.still.src = this.canvas.toDataURL("image/png");
    this.still.hidden = false;
    this.isResting = true;
    this.renderer.forceContextLoss();
  }

  private takeAgain(): void {
    if (!this.isResting) return;
    this.isResting = false;
    if (this.isLost) this.renderer.forceContextRestore();
  }

  private readonly onLost = (event: Event): void => {
    event.preventDefault(); // or it is never restored
    this.isLost = true;
    this.events.lost(this.isResting || !this.still.hidden);
    // Seen again before the loss was told: the card may be taken once this event is over.
    if (!this.isResting && !this.still.hidden) {
      window.setTimeout(() => this.renderer.forceContextRestore());
    }
  };

  private readonly onRestored = (): void => {
    this.isLost = false;
    this.events.restored();
  };
}
