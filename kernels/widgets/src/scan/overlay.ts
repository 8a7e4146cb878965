/** What lies over the picture: groups of tools, the crosshair, and the axes. */
import { Vector3 } from "three";

import { svg } from "../cube/element";
import type { ViewCamera } from "./camera";

const AXIS_PX = 24;
const AXES = [
  ["x", new Vector3(1, 0, 0)],
  ["y", new Vector3(0, 1, 0)],
  ["z", new Vector3(0, 0, 1)],
] as const;

export class Overlay {
  readonly node = svg("svg", { class: "ms-overlay", "aria-hidden": "true" });
  readonly axes = svg("svg", {
    class: "ms-axes",
    viewBox: "-34 -34 68 68",
    width: 68,
    height: 68,
    "aria-hidden": "true",
  });
  private readonly cross = svg("path", { class: "ms-cross", d: "M-14 0H-4M4 0H14M0-14V-4M0 4V14" });

  constructor() {
    this.node.append(this.cross);
  }

  addLayer(name: string): SVGGElement {
    const layer = svg("g", { class: `ms-layer ms-layer-${name}` });
    this.node.insertBefore(layer, this.cross);
    return layer;
  }

  resize(width: number, height: number): void {
    this.cross.setAttribute("transform", `translate(${width / 2} ${height / 2})`);
  }

  /** Turns the axes as the camera sees them, the nearest drawn last. */
  turn(camera: ViewCamera): void {
    const seen = AXES.map(([name, along]) => ({ name, at: camera.seen(along) }));
    seen.sort((a, b) => a.at.z - b.at.z);
    this.axes.replaceChildren(
      ...seen.map(({ name, at }) => {
        const [x, y] = [at.x * AXIS_PX, -at.y * AXIS_PX];
        return svg(
          "g",
          { class: `ms-axis ms-axis-${name}` },
          svg("line", { x2: x.toFixed(1), y2: y.toFixed(1) }),
          svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 7.5 }),
          svg("text", { x: x.toFixed(1), y: (y + 3.5).toFixed(1) }, name),
        );
      }),
    );
  }
}
