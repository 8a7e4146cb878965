/** The camera: perspective or parallel, with the lamps that stand beside it. */
import {
  Frustum,
  Group,
  Matrix4,
  OrthographicCamera,
  PerspectiveCamera,
  Quaternion,
  Vector3,
} from "three";

import type { Eye } from "./cut";
import type { Orbit } from "./orbit";
import type { ScreenPoint } from "./scene";

const FIELD_OF_VIEW = 28;
const TAN = Math.tan((FIELD_OF_VIEW * Math.PI) / 360);
const MARGIN = 1.03;
/** Farther than anything: errors on screen then don't depend on the distance. */
const FAR_AWAY = 1e12;

/** Lengths in metres from the scan's middle. */
export class ViewCamera {
  /** Stands and turns as the camera does. */
  readonly node = new Group();
  private readonly perspective = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.01, 10);
  private readonly parallel = new OrthographicCamera();
  private aspect = 1;
  isOrthographic = false;

  /** @param half - Half of the scan's sides. */
  constructor(private readonly half: Vector3) {
    this.node.add(this.perspective, this.parallel);
  }

  get active(): PerspectiveCamera | OrthographicCamera {
    return this.isOrthographic ? this.parallel : this.perspective;
  }

  get position(): Vector3 {
    return this.node.position;
  }

  set shape(aspect: number) {
    this.aspect = aspect;
  }

  /** Puts the camera where the orbit says. */
  look(orbit: Orbit): void {
    const { azimuth, elevation, distance, target } = orbit;
    const radius = this.half.length();
    const middle = new Vector3(...target);
    const stand = this.isOrthographic ? middle.length() + radius * 1.5 : distance;
    this.node.position.copy(middle).addScaledVector(direction(azimuth, elevation), stand);
    const turned = new Matrix4().lookAt(this.node.position, middle, upOf(azimuth, elevation));
    this.node.quaternion.setFromRotationMatrix(turned);
    const away = this.node.position.length();
    if (this.isOrthographic) this.shapeParallel(distance * TAN, away + radius * 3);
    else this.shapePerspective(distance, away);
    this.node.updateMatrixWorld(true);
  }

  /** Distance from which the whole scan fits the picture. */
  fitDistance(azimuth: number, elevation: number): number {
    const toCamera = direction(azimuth, elevation);
    const right = new Vector3(-Math.sin(azimuth), Math.cos(azimuth), 0);
    const up = upOf(azimuth, elevation);
    let needed = 0;
    for (let corner = 0; corner < 8; corner += 1) {
      const signs = [1, 2, 4].map((bit) => (corner & bit ? 1 : -1)) as [number, number, number];
      const point = new Vector3(...signs).multiply(this.half);
      const across = Math.abs(point.dot(right)) / (TAN * this.aspect);
      const along = Math.abs(point.dot(up)) / TAN;
      const depth = this.isOrthographic ? 0 : point.dot(toCamera);
      needed = Math.max(needed, depth + Math.max(across, along) * MARGIN);
    }
    return needed;
  }

  /** Metres that one of `height` pixels covers at the target. */
  pixelSize(distance: number, height: number): number {
    return (2 * distance * TAN) / height;
  }

  /** What the camera sees of the model, in the model's grid steps. */
  eye(model: Matrix4, step: number, pixels: number): Eye {
    const camera = this.active;
    const position = this.node.position.clone().applyMatrix4(new Matrix4().copy(model).invert());
    const view = new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
    const { planes } = new Frustum().setFromProjectionMatrix(view.multiply(model));
    const height = this.parallel.top - this.parallel.bottom;
    return {
      x: position.x,
      y: position.y,
      z: position.z,
      pixelsPerUnit: this.isOrthographic ? (pixels * step * FAR_AWAY) / height : pixels / (2 * TAN),
      near: this.isOrthographic ? FAR_AWAY : camera.near / step,
      planes: planes.map(({ normal, constant }) => [normal.x, normal.y, normal.z, constant]),
    };
  }

  /** From where, and to where, one looks through a place of the picture (−1 to 1, y upwards). */
  ray(x: number, y: number): { readonly start: Vector3; readonly end: Vector3 } {
    const start = new Vector3(x, y, -1).unproject(this.active);
    return { start, end: new Vector3(x, y, 1).unproject(this.active) };
  }

  /** Place of a point in the picture (−1 to 1, y upwards); null behind the camera. */
  project(point: Vector3): ScreenPoint | null {
    const depth = -point.clone().applyMatrix4(this.active.matrixWorldInverse).z;
    if (!this.isOrthographic && depth <= 0) return null;
    const { x, y } = point.clone().project(this.active);
    return { x, y };
  }

  /** Coordinates of a direction as the viewer sees it: right, up, towards the viewer. */
  seen(along: Vector3): Vector3 {
    return along.clone().applyQuaternion(new Quaternion().copy(this.node.quaternion).invert());
  }

  private shapePerspective(distance: number, away: number): void {
    const radius = this.half.length();
    const camera = this.perspective;
    camera.aspect = this.aspect;
    camera.near = Math.max(away - radius * 1.5, distance * 0.02, radius * 1e-4);
    camera.far = away + radius * 3;
    camera.updateProjectionMatrix();
  }

  private shapeParallel(halfHeight: number, far: number): void {
    const camera = this.parallel;
    [camera.top, camera.bottom] = [halfHeight, -halfHeight];
    [camera.right, camera.left] = [halfHeight * this.aspect, -halfHeight * this.aspect];
    [camera.near, camera.far] = [0, far];
    camera.updateProjectionMatrix();
  }
}

/** Unit vector from the target to the camera. */
export function direction(azimuth: number, elevation: number): Vector3 {
  const level = Math.cos(elevation);
  return new Vector3(level * Math.cos(azimuth), level * Math.sin(azimuth), Math.sin(elevation));
}

/** Upwards in the picture; defined from above and below too. */
function upOf(azimuth: number, elevation: number): Vector3 {
  const tilt = -Math.sin(elevation);
  return new Vector3(tilt * Math.cos(azimuth), tilt * Math.sin(azimuth), Math.cos(elevation));
}
