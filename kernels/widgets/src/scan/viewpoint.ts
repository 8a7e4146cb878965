/** From where a scan is looked at: its first view, standard views, and saved ones. */
import { direction } from "./camera";
import type { Orbit } from "./orbit";
import type { CameraState, Vector } from "./scene";
import type { Stage } from "./stage";

const DEGREES = Math.PI / 180;

/** The view to start from, in degrees. */
export interface FirstView {
  readonly azimuth: number;
  readonly elevation: number;
}

export class Viewpoint {
  readonly orbit: Orbit = { azimuth: 0, elevation: 0, distance: 1, target: [0, 0, 0] };
  /** Whether nobody has moved the camera since the first view. */
  isHome = true;

  constructor(
    private readonly stage: Stage,
    private readonly first: FirstView,
  ) {}

  /** Unit vector from the target to the camera. */
  get toViewer(): Vector {
    return direction(this.orbit.azimuth, this.orbit.elevation).toArray();
  }

  /** Metres that one CSS pixel covers at the target. */
  get pixelSize(): number {
    return this.stage.pixelSize(this.orbit.distance);
  }

  get camera(): CameraState {
    const { azimuth, elevation, distance, target } = this.orbit;
    return {
      azimuth: azimuth / DEGREES,
      elevation: elevation / DEGREES,
      distance,
      target: this.stage.fromMiddle(target),
      isOrthographic: this.stage.camera.isOrthographic,
    };
  }

  set camera(camera: CameraState) {
    this.isHome = false;
    this.orbit.azimuth = camera.azimuth * DEGREES;
    this.orbit.elevation = camera.elevation * DEGREES;
    this.orbit.distance = camera.distance;
    this.orbit.target = [...this.stage.toMiddle(camera.target)];
    this.useOrthographic(camera.isOrthographic);
  }

  goHome(): void {
    this.turnTo(this.first.azimuth, this.first.elevation);
    this.isHome = true;
  }

  /** The whole scan, seen from a side. Degrees. */
  turnTo(azimuth: number, elevation: number): void {
    this.orbit.azimuth = azimuth * DEGREES;
    this.orbit.elevation = elevation * DEGREES;
    this.orbit.target = [0, 0, 0];
    this.fit();
    this.isHome = false;
  }

  useOrthographic(isOn: boolean): void {
    this.stage.camera.isOrthographic = isOn;
    if (this.isHome) this.fit();
  }

  /** Puts the camera where it is meant to be. */
  look(): void {
    this.stage.look(this.orbit);
  }

  private fit(): void {
    const { azimuth, elevation } = this.orbit;
    this.orbit.distance = this.stage.camera.fitDistance(azimuth, elevation);
  }
}
