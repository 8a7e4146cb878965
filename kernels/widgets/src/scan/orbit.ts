/** Turns, moves and zooms the camera around a target: mouse, touch and keyboard. z is up. */
import type { Disposable } from "../host";

const TURN_PER_PIXEL = 0.006;
const TURN_PER_KEY = Math.PI / 24;
const ZOOM_PER_KEY = 1.2;
const MAX_TILT = Math.PI / 2;
const TAP_PX = 4;

/** Where the camera stands, seen from the target. Angles in radians, lengths in metres. */
export interface Orbit {
  azimuth: number;
  elevation: number;
  distance: number;
  target: [number, number, number];
}

export interface OrbitLimits {
  readonly nearest: number;
  readonly farthest: number;
  /** Farthest the target may move from the scan's middle. */
  readonly reach: number;
}

/** Metres on the target's plane that one CSS pixel covers. */
type PixelSize = () => number;

export class OrbitControls implements Disposable {
  private readonly pointers = new Map<number, { x: number; y: number }>();
  private readonly abort = new AbortController();
  /** Where the only finger or the main button went down, until it moves. */
  private tapped: { x: number; y: number } | null = null;

  constructor(
    private readonly surface: HTMLElement,
    readonly orbit: Orbit,
    private readonly limits: OrbitLimits,
    private readonly pixelSize: PixelSize,
    private readonly onMove: () => void,
    private readonly onHome: () => void,
    private readonly onTap: (event: PointerEvent) => void,
  ) {
    const { signal } = this.abort;
    surface.addEventListener("pointerdown", (event) => this.press(event), { signal });
    surface.addEventListener("pointermove", (event) => this.drag(event), { signal });
    surface.addEventListener("pointerup", (event) => this.release(event), { signal });
    surface.addEventListener("pointercancel", (event) => this.release(event), { signal });
    surface.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    surface.addEventListener("keydown", (event) => this.key(event), { signal });
    surface.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  }

  dispose(): void {
    this.abort.abort();
  }

  private press(event: PointerEvent): void {
    this.surface.focus({ preventScroll: true });
    this.surface.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const isPlain = event.button === 0 && !event.shiftKey && this.pointers.size === 1;
    this.tapped = isPlain ? { x: event.clientX, y: event.clientY } : null;
  }

  private release(event: PointerEvent): void {
    this.pointers.delete(event.pointerId);
    if (this.tapped && event.type === "pointerup") this.onTap(event);
    this.tapped = null;
  }

  private drag(event: PointerEvent): void {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    if (this.tapped) {
      const { x, y } = this.tapped;
      if (Math.hypot(event.clientX - x, event.clientY - y) < TAP_PX) return;
      this.tapped = null;
    }
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
    if (this.pointers.size === 1) {
      const isPan = event.shiftKey || (event.buttons & 6) !== 0;
      if (isPan) this.pan(dx, dy);
      else this.turn(-dx * TURN_PER_PIXEL, dy * TURN_PER_PIXEL);
    } else {
      this.pinch(event, last);
    }
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.onMove();
  }

  private pinch(event: PointerEvent, last: { x: number; y: number }): void {
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (!other) return;
    const before = Math.hypot(last.x - other.x, last.y - other.y);
    const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    if (before > 0 && after > 0) this.zoom(before / after);
    this.pan((event.clientX - last.x) / 2, (event.clientY - last.y) / 2);
  }

  /** The wheel scrolls the notebook until the viewer was clicked. */
  private wheel(event: WheelEvent): void {
    const hasFocus = this.surface === this.surface.ownerDocument.activeElement;
    if (!hasFocus && !event.ctrlKey) return;
    event.preventDefault();
    this.zoom(Math.exp(Math.max(-80, Math.min(80, event.deltaY)) * 0.0025));
    this.onMove();
  }

  private key(event: KeyboardEvent): void {
    const step = TURN_PER_KEY;
    const pixels = 24;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => (event.shiftKey ? this.pan(pixels, 0) : this.turn(-step, 0)),
      ArrowRight: () => (event.shiftKey ? this.pan(-pixels, 0) : this.turn(step, 0)),
      ArrowUp: () => (event.shiftKey ? this.pan(0, pixels) : this.turn(0, step)),
      ArrowDown: () => (event.shiftKey ? this.pan(0, -pixels) : this.turn(0, -step)),
      "+": () => this.zoom(1 / ZOOM_PER_KEY),
      "=": () => this.zoom(1 / ZOOM_PER_KEY),
      "-": () => this.zoom(ZOOM_PER_KEY),
      Home: () => this.onHome(),
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    move();
    this.onMove();
  }

  private turn(azimuth: number, elevation: number): void {
    this.orbit.azimuth += azimuth;
    const tilt = this.orbit.elevation + elevation;
    this.orbit.elevation = Math.max(-MAX_TILT, Math.min(MAX_TILT, tilt));
  }

  private zoom(factor: number): void {
    const { nearest, farthest } = this.limits;
    this.orbit.distance = Math.max(nearest, Math.min(farthest, this.orbit.distance * factor));
  }

  private pan(dx: number, dy: number): void {
    const size = this.pixelSize();
    const { azimuth, elevation, target } = this.orbit;
    const right = [-Math.sin(azimuth), Math.cos(azimuth), 0] as const;
    const up = [
      -Math.sin(elevation) * Math.cos(azimuth),
      -Math.sin(elevation) * Math.sin(azimuth),
      Math.cos(elevation),
    ] as const;
    for (const axis of [0, 1, 2] as const) {
      target[axis] += (-dx * right[axis] + dy * up[axis]) * size;
    }
    const away = Math.hypot(...target);
    if (away > this.limits.reach) {
      for (const axis of [0, 1, 2] as const) target[axis] *= this.limits.reach / away;
    }
  }
}
