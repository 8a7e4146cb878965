/** Gives tools the scene: passes clicks, keys and frames on to them, one tool at a time. */
import type { Disposable } from "../host";
import type { Overlay } from "./overlay";
import type { Panel } from "./panel";
import type { Picker } from "./picking";
import type {
  CameraState,
  PickedPoint,
  PicturePainter,
  ScanScene,
  ScreenPoint,
  SurfaceTool,
  Toggle,
  Vector,
} from "./scene";
import { TEXTS } from "./texts";
import type { Crossed } from "./triangles";

/** What the session does for the scene. */
export interface SceneParts {
  readonly panel: Panel;
  readonly overlay: Overlay;
  readonly picker: Picker;
  readonly crossed: Crossed;
  surfaceVersion(): number;
  toViewer(): Vector;
  /** Puts the camera where the next frame will have it. */
  aim(): void;
  getCamera(): CameraState;
  setCamera(camera: CameraState): void;
  invalidate(): void;
}

export class SceneTools implements ScanScene, Disposable {
  tool: SurfaceTool | null = null;
  private readonly frames = new Set<(isSharp: boolean) => void>();
  private readonly pointers = new Set<(at: ScreenPoint | null) => void>();
  private readonly painters = new Set<PicturePainter>();
  private readonly abort = new AbortController();
  private pointer: ScreenPoint | null = null;
  private asked = 0;

  constructor(private readonly parts: SceneParts) {
    const { surface } = parts.panel;
    const { signal } = this.abort;
    surface.addEventListener("pointermove", (event) => this.hover(event), { signal });
    surface.addEventListener("pointerleave", () => this.leave(), { signal });
    surface.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  get toViewer(): Vector {
    return this.parts.toViewer();
  }

  get size(): ScanScene["size"] {
    return this.parts.picker.size;
  }

  get camera(): CameraState {
    return this.parts.getCamera();
  }

  set camera(camera: CameraState) {
    this.parts.setCamera(camera);
  }

  get surfaceVersion(): number {
    return this.parts.surfaceVersion();
  }

  get crossed(): Crossed {
    return this.parts.crossed;
  }

  pick(x: number, y: number): PickedPoint | null {
    this.parts.aim();
    return this.parts.picker.pick(x, y);
  }

  project(point: Vector): ScreenPoint | null {
    return this.parts.picker.project(point);
  }

  isHidden(point: Vector): boolean {
    return this.parts.picker.isHidden(point);
  }

  addLayer(name: string): SVGGElement {
    return this.parts.overlay.addLayer(name);
  }

  onFrame(listener: (isSharp: boolean) => void): Disposable {
    this.frames.add(listener);
    return { dispose: () => this.frames.delete(listener) };
  }

  onPointer(listener: (at: ScreenPoint | null) => void): Disposable {
    this.pointers.add(listener);
    return { dispose: () => this.pointers.delete(listener) };
  }

  onPicture(paint: PicturePainter): Disposable {
    this.painters.add(paint);
    return { dispose: () => this.painters.delete(paint) };
  }

  invalidate(): void {
    this.parts.invalidate();
  }

  use(tool: SurfaceTool | null): void {
    const before = this.tool;
    if (before === tool) return;
    this.tool = tool;
    before?.hover?.(null);
    before?.rest();
    this.byPointer(false);
    this.parts.panel.stage.classList.toggle("is-pointing", tool !== null);
  }

  focus(): void {
    this.parts.panel.surface.focus({ preventScroll: true });
  }

  addToggle(icon: string, name: string, change: (isOn: boolean) => void): Toggle {
    return this.parts.panel.addToggle(icon, name, change);
  }

  addBar(node: HTMLElement): void {
    this.parts.panel.addBar(node);
  }

  addOverlay(node: HTMLElement): void {
    this.parts.panel.addOverlay(node);
  }

  addSection(node: HTMLElement): void {
    this.parts.panel.addSection(node);
  }

  say(text: string): void {
    this.parts.panel.say(text);
  }

  complain(message: string, hint: string): void {
    const { panel } = this.parts;
    panel.showNotice(message, hint, { text: TEXTS.close, press: () => panel.hideNotice() });
  }

  /** After each frame. */
  drawn(isSharp: boolean): void {
    for (const listener of this.frames) listener(isSharp);
  }

  /** Draws the tools' marks into a picture, in CSS pixels. */
  paint(context: CanvasRenderingContext2D): void {
    for (const paint of this.painters) paint(context);
  }

  /** The picture was clicked. */
  tap(event: PointerEvent): void {
    this.byPointer(true);
    this.putAt(this.placeOf(event));
  }

  dispose(): void {
    this.use(null);
    this.abort.abort();
    cancelAnimationFrame(this.asked);
    this.frames.clear();
    this.pointers.clear();
    this.painters.clear();
  }

  private putAt(at: ScreenPoint): void {
    if (!this.tool) return;
    const picked = this.pick(at.x, at.y);
    if (picked) this.tool.put(picked, at);
    else this.say(TEXTS.noSurface);
  }

  private key(event: KeyboardEvent): void {
    if (!this.tool || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.byPointer(false)) this.tool.hover?.(null);
    const isPut = event.key === "Enter";
    if (isPut) {
      const { width, height } = this.size;
      this.putAt({ x: width / 2, y: height / 2 });
    }
    if (!isPut && !this.tool.key?.(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** At most one pick for each frame. */
  private hover(event: PointerEvent): void {
    if (event.buttons !== 0) return;
    const at = this.placeOf(event);
    for (const listener of this.pointers) listener(at);
    if (!this.tool) return;
    this.byPointer(true);
    this.pointer = at;
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      if (this.pointer) this.tool?.hover?.(this.pick(this.pointer.x, this.pointer.y));
    });
  }

  private leave(): void {
    this.pointer = null;
    for (const listener of this.pointers) listener(null);
    this.tool?.hover?.(null);
  }

  /** The crosshair is for the keyboard. @returns Whether it was otherwise before. */
  private byPointer(isPointer: boolean): boolean {
    const { classList } = this.parts.panel.stage;
    const before = classList.contains("is-by-pointer");
    classList.toggle("is-by-pointer", isPointer);
    return before !== isPointer;
  }

  private placeOf(event: PointerEvent): ScreenPoint {
    const box = this.parts.panel.surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}
