/** How much may be held, drawn and asked of the screen. */

/** Bytes that pages may hold on the graphics card. */
export const GPU_BYTES = 384 * 2 ** 20;

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

/**
 * Says how finely to draw.
 *
 * @param isSoftware - The processor draws, in place of a graphics card.
 * @param most - Triangles that a person allows, or null for as many as the card can take.
 */
export function effort(isMoving: boolean, isSoftware: boolean, most: number | null): Effort {
  const { tolerance, card, software } = isMoving ? MOVING : STILL;
  const triangles = isSoftware ? software : card;
  return { tolerance, triangles: Math.min(most ?? triangles, triangles) };
}

/** Pixels for each CSS pixel. */
export function screenRatio(isSoftware: boolean): number {
  const most = isSoftware ? MAX_SOFTWARE_PIXEL_RATIO : MAX_PIXEL_RATIO;
  return Math.min(window.devicePixelRatio, most);
}
