/** Draws where the others point: a spot on the surface in their colour, with their name. */
import { svg } from "../../cube/element";
import type { Disposable } from "../../host";
import type { ScanScene } from "../scene";
import type { Looker } from "./model";

const RADIUS = 6;

export class Pointers implements Disposable {
  private readonly layer: SVGGElement;
  private readonly frames: Disposable;
  /** Of each window, whether the surface hid its pointer when it last moved. */
  private readonly hidden = new Map<number, { readonly of: string; readonly isHidden: boolean }>();
  private lookers: readonly Looker[] = [];

  constructor(private readonly scene: ScanScene) {
    this.layer = scene.addLayer("pointers");
    this.frames = scene.onFrame(() => this.draw());
  }

  show(lookers: readonly Looker[]): void {
    this.lookers = lookers.filter(({ told }) => told.pointer !== null);
    this.draw();
  }

  dispose(): void {
    this.frames.dispose();
    this.layer.remove();
  }

  private draw(): void {
    this.layer.replaceChildren(...this.lookers.flatMap((each) => this.drawOne(each) ?? []));
  }

  private drawOne(looker: Looker): SVGGElement | null {
    const { pointer } = looker.told;
    const at = pointer && this.scene.project(pointer);
    if (!at) return null;
    const node = svg(
      "g",
      {
        class: this.isHidden(looker) ? "mt-pointer is-hidden" : "mt-pointer",
        transform: `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`,
      },
      svg("circle", { r: RADIUS }),
      svg("text", { x: RADIUS + 5, y: 4 }, looker.name),
    );
    node.style.setProperty("--mt-color", looker.color);
    return node;
  }

  /** Costs a pick, so it is found out once for each place and view. */
  private isHidden({ client, told: { pointer } }: Looker): boolean {
    const of = JSON.stringify([pointer, this.scene.camera]);
    const known = this.hidden.get(client);
    if (known?.of === of) return known.isHidden;
    const isHidden = pointer !== null && this.scene.isHidden(pointer);
    this.hidden.set(client, { of, isHidden });
    return isHidden;
  }
}
