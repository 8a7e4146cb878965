/** A picture for print: the scan on white, with its scale bar, and where it comes from. */
import { element } from "../cube/element";
import type { ViewSpec } from "../host";
import type { ScanHead } from "./format";
import type { LayerFacts } from "./layers/index";
import type { RakingLamp } from "./lights";
import { withTexts } from "./png_text";
import { formatLength, roundLength } from "./scalebar";
import type { CameraState, PicturePainter } from "./scene";
import { TEXTS } from "./texts";

export type Light =
  | { readonly kind: "studio" }
  | { readonly kind: "none" }
  | ({ readonly kind: "raking" } & RakingLamp);

export interface PictureParts {
  /** Metres that one CSS pixel covers. */
  readonly metresPerPixel: number;
  readonly isOrthographic: boolean;
  readonly caption: ViewSpec;
  readonly paint: PicturePainter;
}

/** How a picture came about. */
export interface PictureFacts {
  readonly head: ScanHead;
  readonly camera: CameraState;
  readonly light: Light;
  /** Metres that one pixel of the picture covers, at the camera's target. */
  readonly metresPerPixel: number;
  readonly triangles: number;
  readonly layer?: LayerFacts | null;
}

const PAPER = "#ffffff";
const INK = "#221e18";
const BAR_PX = 150;
const EDGE_PX = 16;

/** Draws what the graphics card shows now, marks and scale bar over it. */
export function makePicture(
  source: HTMLCanvasElement,
  times: number,
  { metresPerPixel, isOrthographic, caption, paint }: PictureParts,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const [width, height] = [source.clientWidth, source.clientHeight];
  if (source.width < Math.floor(width * times)) throw new Error("The graphics card has no room");
  canvas.width = source.width;
  canvas.height = source.height;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("No picture can be drawn");
  context.fillStyle = PAPER;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0);
  context.scale(times, times);
  paint(context);
  const length = roundLength(metresPerPixel * BAR_PX);
  const text = formatLength(length);
  const [x, y] = [EDGE_PX, height - EDGE_PX];
  context.strokeStyle = context.fillStyle = INK;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, y - 6);
  context.lineTo(x, y);
  context.lineTo(x + length / metresPerPixel, y);
  context.lineTo(x + length / metresPerPixel, y - 6);
  context.stroke();
  context.font = "13px system-ui, sans-serif";
  context.fillText(isOrthographic ? text : TEXTS.atTarget(text), x, y - 11);
  context.font = "11px system-ui, sans-serif";
  context.textAlign = "right";
  context.fillText(origin(caption), width - EDGE_PX, y);
  return canvas;
}

/** Hands the picture to the person, its origin in its texts. */
export async function savePicture(
  canvas: HTMLCanvasElement,
  spec: ViewSpec,
  facts: PictureFacts,
): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("The browser made no picture");
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const png = withTexts(bytes, pictureTexts(spec, facts, new Date()));
  download(new Blob([png], { type: "image/png" }), `${fileName(spec)}.png`);
}

/** What a picture's file says about it. */
export function pictureTexts(
  spec: ViewSpec,
  { head, camera, light, metresPerPixel, triangles, layer }: PictureFacts,
  now: Date,
): Record<string, string> {
  const facts = {
    dataset: spec.dataset,
    version: spec.dataset_version,
    item: spec.item,
    synthetic: head.isSynthetic || spec.synthetic === true,
    camera,
    light,
    scale: {
      metres_per_pixel: metresPerPixel,
      holds: camera.isOrthographic ? "everywhere" : "at the camera's target",
    },
    grid_step_m: head.step,
    [head.isCloud ? "points" : "triangles"]: { shown: triangles, measured: head.elementCount },
    ...(layer ? { layer } : {}),
  };
  return {
    Title: spec.title,
    Source: origin(spec),
    Software: "Museion",
    "Creation Time": now.toISOString(),
    Museion: JSON.stringify(facts),
  };
}

export function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = element("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A name for files made of a view. */
export function fileName(spec: ViewSpec): string {
  return [...spec.dataset.split("/"), `v${spec.dataset_version}`, spec.item].join("-");
}

function origin(spec: ViewSpec): string {
  const note = spec.synthetic ? ` (${TEXTS.synthetic})` : "";
  return `${spec.dataset}@${spec.dataset_version}, ${spec.item}${note}`;
}
