/** Takes a picture for print: draws with more pixels, waits for what they show, and saves it. */
import type { ViewSpec } from "../host";
import { makePicture, type PictureFacts, savePicture } from "./picture";
import type { PicturePainter } from "./scene";

/** What is taken a picture of. */
export interface Subject {
  readonly canvas: HTMLCanvasElement;
  readonly spec: ViewSpec;
  readonly paint: PicturePainter;
  /** Metres that one CSS pixel covers. */
  metresPerPixel(): number;
  /** How the picture of this moment came about, with so many times the screen's pixels. */
  facts(times: number): PictureFacts;
  /** Draws anew, with `Shutter.times` the pixels. */
  resize(): void;
}

export class Shutter {
  private onSharp: (() => void) | null = null;
  private taking: number | null = null;

  constructor(private readonly subject: Subject) {}

  /** Pixels for each CSS pixel while a picture is taken, else null. */
  get times(): number | null {
    return this.taking;
  }

  /** Takes and saves a picture, unless one is being taken. */
  async take(times: number): Promise<boolean> {
    if (this.taking !== null) return false;
    this.taking = times;
    try {
      const taken = new Promise<HTMLCanvasElement>((resolve, reject) => {
        this.onSharp = () => {
          try {
            resolve(this.compose(times)); // at once: the card forgets the picture
          } catch (error) {
            reject(error);
          }
        };
      });
      this.subject.resize();
      const canvas = await taken;
      await savePicture(canvas, this.subject.spec, this.subject.facts(times));
      return true;
    } finally {
      this.onSharp = null;
      this.taking = null;
      this.subject.resize();
    }
  }

  /** Says that a frame was drawn to which nothing better is to come. */
  sharp(): void {
    this.onSharp?.();
  }

  private compose(times: number): HTMLCanvasElement {
    this.onSharp = null;
    const { canvas, spec, paint } = this.subject;
    return makePicture(canvas, times, {
      metresPerPixel: this.subject.metresPerPixel(),
      isOrthographic: this.subject.facts(times).camera.isOrthographic,
      caption: spec,
      paint,
    });
  }
}
