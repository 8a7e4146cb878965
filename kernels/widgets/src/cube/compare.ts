/**
 * Comparing one layer with what lies below it: a curtain, a lens, or blinking.
 *
 * The curtain is drawn by its handle or with [ and ]; the lens follows the pointer, and stands
 * in the middle for those who move the image by keyboard. Blinking changes once in a second or
 * slower, far below what may harm (WCAG 2.3.1), and stops with any other choice.
 */
import type { Disposable } from "../host";
import type { Window } from "./layer";
import type { Overlay, OverlayPointer } from "./overlay";
import type { Point, Size, Viewport } from "./viewport";

export const COMPARISONS = ["over", "curtain", "lens", "blink"] as const;
export type Comparison = (typeof COMPARISONS)[number];

export const LENS_PX = { least: 30, first: 90, most: 260 } as const;
export const BLINK_S = { least: 0.5, first: 1, most: 3 } as const;
const GRIP_PX = 14;
const STEP = 0.02;

export class Compare implements Overlay, Window, Disposable {
  /** The curtain's place, as a share of the stage's width. */
  curtain = 0.5;
  lensPx: number = LENS_PX.first;
  private blinkS: number = BLINK_S.first;
  private chosen: Comparison = "over";
  private isLit = true;
  private pointer: Point | null = null;
  private timer: number | null = null;
  private stage: Size = { width: 1, height: 1 };

  constructor(
    /** Something else shall be drawn. */
    private readonly onChange: () => void,
    /** The curtain was moved on the stage. */
    private readonly onCurtain: (share: number) => void,
  ) {}

  get mode(): Comparison {
    return this.chosen;
  }

  set mode(mode: Comparison) {
    this.chosen = mode;
    this.isLit = true;
    this.restart();
    this.onChange();
  }

  get periodS(): number {
    return this.blinkS;
  }

  set periodS(seconds: number) {
    this.blinkS = Math.min(Math.max(seconds, BLINK_S.least), BLINK_S.most);
    this.restart();
  }

  clip(context: CanvasRenderingContext2D, stage: Size): boolean {
    if (this.mode === "blink") return this.isLit;
    if (this.mode === "over") return true;
    if (this.mode === "curtain") {
      const edge = this.curtain * stage.width;
      context.rect(edge, 0, stage.width - edge, stage.height);
    } else {
      const { x, y } = this.lensAt(stage);
      context.arc(x, y, this.lensPx, 0, 2 * Math.PI);
    }
    context.clip();
    return true;
  }

  draw(context: CanvasRenderingContext2D, _view: Viewport, stage: Size): void {
    this.stage = stage;
    if (this.mode === "curtain") drawCurtain(context, this.curtain * stage.width, stage);
    if (this.mode === "lens") drawRing(context, this.lensAt(stage), this.lensPx);
  }

  press({ screen }: OverlayPointer): boolean {
    const edge = this.curtain * this.stage.width;
    return this.mode === "curtain" && Math.abs(screen.x - edge) <= GRIP_PX;
  }

  drag({ screen }: OverlayPointer): void {
    this.moveCurtain(screen.x / this.stage.width);
  }

  hover(at: OverlayPointer | null): void {
    this.pointer = at?.screen ?? null;
    if (this.mode === "lens") this.onChange();
  }

  key(event: KeyboardEvent): boolean {
    const step = { "[": -STEP, "]": STEP }[event.key];
    if (step === undefined || this.mode !== "curtain") return false;
    this.moveCurtain(this.curtain + step);
    return true;
  }

  dispose(): void {
    this.chosen = "over";
    this.restart();
  }

  private lensAt(stage: Size): Point {
    return this.pointer ?? { x: stage.width / 2, y: stage.height / 2 };
  }

  private moveCurtain(share: number): void {
    this.curtain = Math.min(Math.max(share, 0), 1);
    this.onCurtain(this.curtain);
    this.onChange();
  }

  private restart(): void {
    if (this.timer !== null) window.clearInterval(this.timer);
    this.timer = null;
    if (this.mode !== "blink") return;
    this.timer = window.setInterval(() => {
      this.isLit = !this.isLit;
      this.onChange();
    }, this.blinkS * 1000);
  }
}

function drawCurtain(context: CanvasRenderingContext2D, x: number, stage: Size): void {
  context.save();
  context.fillStyle = "rgb(20 18 15 / 0.55)";
  context.fillRect(x - 1.5, 0, 3, stage.height);
  context.fillStyle = "#fff";
  context.fillRect(x - 0.5, 0, 1, stage.height);
  const y = stage.height / 2;
  context.beginPath();
  context.arc(x, y, 13, 0, 2 * Math.PI);
  context.fill();
  context.strokeStyle = "rgb(20 18 15 / 0.7)";
  context.lineWidth = 1.5;
  context.stroke();
  for (const side of [-1, 1]) {
    context.beginPath();
    context.moveTo(x + side * 3.5, y - 4.5);
    context.lineTo(x + side * 8, y);
    context.lineTo(x + side * 3.5, y + 4.5);
    context.stroke();
  }
  context.restore();
}

function drawRing(context: CanvasRenderingContext2D, at: Point, radius: number): void {
  context.save();
  for (const [width, colour] of [
    [4, "rgb(20 18 15 / 0.55)"],
    [1.5, "#fff"],
  ] as const) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.beginPath();
    context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
    context.stroke();
  }
  context.restore();
}
