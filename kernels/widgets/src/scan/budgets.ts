/** How much may be held, drawn and asked of the screen. */

const MB = 2 ** 20;

/** Bytes that pages may hold: on the graphics card, and as they are stored, in memory. */
export const PAGE_BUDGET = { card: 384 * MB, memory: 192 * MB } as const;

const STILL = { tolerance: 1, card: 1_500_000, software: 500_000 };
const MOVING = { tolerance: 3, card: 600_000, software: 90_000 };
const MAX_PIXEL_RATIO = 2;
const MAX_SOFTWARE_PIXEL_RATIO = 1;

/** How finely a frame is drawn. */
export interface Effort {
  /** Largest error in pixels that may stay. */
  readonly tolerance: number;
  /** Largest number of triangles. */
  readonly triangles: number;
}

/** What a person asks for; null: chosen by the graphics card, and one pixel. */
export interface Wanted {
  readonly maxTriangles: number | null;
  readonly tolerance: number | null;
}

/**
 * Says how finely to draw. What a person asks for holds while nothing moves.
 *
 * @param isSoftware - The processor draws, in place of a graphics card.
 */
export function effort(isMoving: boolean, isSoftware: boolean, wanted: Wanted): Effort {
  const { tolerance, card, software } = isMoving ? MOVING : STILL;
  const triangles = isSoftware ? software : card;
  if (!isMoving) {
    return {
      tolerance: wanted.tolerance ?? tolerance,
      triangles: wanted.maxTriangles ?? triangles,
    };
  }
  return { tolerance, triangles: Math.min(wanted.maxTriangles ?? triangles, triangles) };
}

/** Pixels for each CSS pixel. */
export function screenRatio(isSoftware: boolean): number {
  const most = isSoftware ? MAX_SOFTWARE_PIXEL_RATIO : MAX_PIXEL_RATIO;
  return Math.min(window.devicePixelRatio, most);
}
