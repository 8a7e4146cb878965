/** Lines on the surface, drawn with it: faint where the object hides them. */
import { LineMaterial } from "three/examples/jsm/lines/LineMaterial.js";
import { LineSegments2 } from "three/examples/jsm/lines/LineSegments2.js";
import { LineSegmentsGeometry } from "three/examples/jsm/lines/LineSegmentsGeometry.js";

import type { Disposable } from "../../host";
import type { Vector } from "../scene";
import type { Stage } from "../stage";
import { minus } from "../triangles";
import type { Segment } from "./cut_lines";

export interface ColoredSegments {
  readonly color: string;
  readonly segments: readonly Segment[];
}

/** Seen through the object; white around the line; the line. */
const PASSES = [
  { width: 2.5, opacity: 0.25, depthTest: false, isHalo: false },
  { width: 5, opacity: 0.85, depthTest: true, isHalo: true },
  { width: 2.5, opacity: 1, depthTest: true, isHalo: false },
] as const;

export class SurfaceLines implements Disposable {
  private drawn: LineSegments2[] = [];
  private shown: readonly ColoredSegments[] = [];

  constructor(private readonly stage: Stage) {}

  /** Shows these lines and no others; the same list again costs nothing. */
  show(lines: readonly ColoredSegments[]): void {
    const isSame =
      lines.length === this.shown.length &&
      lines.every(({ segments, color }, index) => {
        const before = this.shown[index];
        return before?.segments === segments && before.color === color;
      });
    if (isSame) return;
    this.clear();
    this.shown = lines;
    for (const { color, segments } of lines) {
      const first = segments[0]?.[0];
      if (first) this.add(color, segments, first);
    }
  }

  dispose(): void {
    this.clear();
  }

  /** Coordinates from a point of its own: float32 would round those of a large site. */
  private add(color: string, segments: readonly Segment[], from: Vector): void {
    const geometry = new LineSegmentsGeometry();
    geometry.setPositions(segments.flatMap(([a, b]) => [...minus(a, from), ...minus(b, from)]));
    PASSES.forEach(({ width, opacity, depthTest, isHalo }, order) => {
      const material = new LineMaterial({
        color: isHalo ? "#ffffff" : color,
        linewidth: width,
        transparent: true,
        opacity,
        depthTest,
        depthWrite: false,
        polygonOffset: true,
        polygonOffsetFactor: -4,
        polygonOffsetUnits: -4,
        toneMapped: false,
      });
      const line = new LineSegments2(geometry, material);
      line.renderOrder = order + 1;
      this.stage.put(line, from);
      this.drawn.push(line);
    });
  }

  private clear(): void {
    for (const line of this.drawn) {
      this.stage.take(line);
      line.geometry.dispose();
      line.material.dispose();
    }
    this.drawn = [];
    this.shown = [];
  }
}
