/** What is on the graphics card: camera, lamps, surface, and the clusters that are loaded. */
import {
  BufferAttribute,
  BufferGeometry,
  type CircleGeometry,
  Group,
  InterleavedBuffer,
  InterleavedBufferAttribute,
  Mesh,
  type MeshBasicMaterial,
  NeutralToneMapping,
  type Object3D,
  Plane,
  type Points,
  Scene,
  Sphere,
  Vector3,
  WebGLRenderer,
} from "three";

import { ViewCamera } from "./camera";
import { CloudLook } from "./cloud_look";
import type { Eye } from "./cut";
import { clustersOf } from "./cut";
import type { DecodedCluster } from "./decode";
import type { ScanHead } from "./format";
import { LayerShading } from "./layers/shading";
import { Lights } from "./lights";
import { makeShadow, Surface } from "./materials";
import type { Orbit } from "./orbit";
import type { PageSink } from "./pages";
import type { ScreenPoint, Vector } from "./scene";
import { type Cutaway, dot, type Ray } from "./triangles";

export class Stage implements PageSink {
  readonly renderer: WebGLRenderer;
  readonly lights = new Lights();
  /** How a layer is shown. */
  readonly layer = new LayerShading();
  private readonly scene = new Scene();
  readonly camera: ViewCamera;
  private readonly model = new Group();
  private readonly surface: Surface;
  private readonly shadow: Mesh<CircleGeometry, MeshBasicMaterial>;
  private readonly cloud: CloudLook | null;
  /** Of the loaded clusters. */
  readonly meshes = new Map<number, Mesh | Points>();
  private hasValues: (mesh: Mesh | Points) => boolean = () => false;
  private removed: Cutaway | null = null;
  /** Half of the scan's sides in metres. */
  readonly half: Vector3;

  constructor(
    canvas: HTMLCanvasElement,
    private readonly head: ScanHead,
  ) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.renderer.toneMapping = NeutralToneMapping;
    this.renderer.setClearColor(0x000000, 0);
    this.cloud = head.isCloud ? new CloudLook(head) : null;
    this.surface = new Surface(head.hasColors, this.layer, this.cloud?.patch);
    this.surface.useUnlit(!head.hasNormals);
    this.half = new Vector3(...head.size).multiplyScalar(head.step / 2);
    this.model.scale.setScalar(head.step);
    this.model.position.copy(this.half).negate();
    this.model.updateMatrixWorld(true);
    this.model.matrixAutoUpdate = false;
    this.shadow = makeShadow(this.half);
    this.camera = new ViewCamera(this.half);
    this.lights.attach(this.camera.node);
    this.scene.add(this.model, this.camera.node, this.shadow);
  }

  useColors(wanted: boolean): void {
    this.surface.useColors(wanted);
  }

  useWireframe(wanted: boolean): void {
    this.surface.useWireframe(wanted);
  }

  useUnlit(wanted: boolean): void {
    this.surface.useUnlit(wanted || !this.head.hasNormals);
    this.dress();
  }

  /** Draws meshes that have values of a layer with them; `isUnlit`: without light. */
  useLayer(hasValues: (mesh: Mesh | Points) => boolean, isUnlit: boolean): void {
    this.hasValues = hasValues;
    this.surface.isLayerUnlit = isUnlit;
    this.dress();
  }

  private dress(): void {
    for (const mesh of this.meshes.values()) {
      mesh.material = this.surface.materialFor(this.hasValues(mesh));
    }
  }

  /** Half of space that is left out, in the scan's frame; null shows everything. */
  get cutaway(): Cutaway | null {
    return this.removed;
  }

  set cutaway(removed: Cutaway | null) {
    this.removed = removed;
    this.renderer.localClippingEnabled = removed !== null;
    if (!removed) {
      this.surface.cut(null);
      return;
    }
    const offset = removed.offset - dot(removed.normal, this.fromMiddle([0, 0, 0]));
    const kept = new Vector3(...removed.normal).negate();
    this.surface.cut(new Plane(kept, offset));
  }

  /** Shows lines and the like, whose coordinates count from a point of the scan's frame. */
  put(object: Object3D, from: Vector): void {
    object.position.set(...this.toMiddle(from));
    this.scene.add(object);
  }

  take(object: Object3D): void {
    this.scene.remove(object);
  }

  resize(width: number, height: number, pixelRatio: number): void {
    this.renderer.setPixelRatio(pixelRatio);
    this.renderer.setSize(width, height, false);
    this.camera.shape = width / height;
  }

  /** Puts the camera where the orbit says. */
  look(orbit: Orbit): void {
    this.camera.look(orbit);
    this.shadow.visible = this.camera.position.z > -this.half.z;
  }

  /** Metres that one CSS pixel covers at the target. */
  pixelSize(distance: number): number {
    return this.camera.pixelSize(distance, this.renderer.domElement.clientHeight || 1);
  }

  /** The camera in grid steps. */
  eye(): Eye {
    const { height } = this.renderer.domElement;
    return this.camera.eye(this.model.matrixWorld, this.head.step, height);
  }

  /** The line of sight through a place of the picture (−1 to 1, y upwards), in grid steps. */
  ray(x: number, y: number): Ray {
    const { start, end } = this.camera.ray(x, y);
    const along = end.clone().sub(start).normalize();
    const from = start.add(this.half).divideScalar(this.head.step);
    return { start: [from.x, from.y, from.z], along: [along.x, along.y, along.z] };
  }

  /** Place of a point of the scan's frame in the picture (−1 to 1); null behind the camera. */
  project(point: Vector): ScreenPoint | null {
    return this.camera.project(new Vector3(...this.toMiddle(point)));
  }

  /** From the scan's frame to metres from its middle. */
  toMiddle(point: Vector): Vector {
    const { origin } = this.head;
    const { x, y, z } = this.half;
    return [point[0] - origin[0] - x, point[1] - origin[1] - y, point[2] - origin[2] - z];
  }

  /** From metres from the middle to the scan's frame. */
  fromMiddle(point: Vector): Vector {
    const { origin } = this.head;
    const { x, y, z } = this.half;
    return [point[0] + origin[0] + x, point[1] + origin[1] + y, point[2] + origin[2] + z];
  }

  add(group: number, clusters: DecodedCluster[]): number {
    let bytes = 0;
    const ids = [...clustersOf(this.head, group)];
    clusters.forEach((cluster, index) => {
      const id = ids[index];
      if (id === undefined) return;
      const geometry = this.makeGeometry(id, cluster);
      const mesh = this.cloud
        ? this.cloud.makePoints(id, geometry, cluster.positions, this.surface.materialFor(false))
        : new Mesh(geometry, this.surface.materialFor(false));
      mesh.matrixAutoUpdate = false;
      mesh.visible = false;
      this.meshes.set(id, mesh);
      this.model.add(mesh);
      bytes += cluster.positions.byteLength + (cluster.normals?.byteLength ?? 0);
      bytes += cluster.faces.byteLength + (cluster.colors?.byteLength ?? 0);
    });
    return bytes;
  }

  remove(group: number): void {
    for (const id of clustersOf(this.head, group)) {
      const mesh = this.meshes.get(id);
      if (!mesh) continue;
      this.model.remove(mesh);
      mesh.geometry.dispose();
      this.meshes.delete(id);
    }
  }

  /** Shows exactly these clusters; returns their number of triangles, or points. */
  show(clusters: readonly number[]): number {
    for (const mesh of this.meshes.values()) mesh.visible = false;
    let elements = 0;
    for (const id of clusters) {
      const mesh = this.meshes.get(id);
      if (!mesh) continue;
      mesh.visible = true;
      elements += this.head.elements[id] ?? 0;
    }
    return elements;
  }

  render(): void {
    const { renderer, scene } = this;
    const camera = this.camera.active;
    const draw = (): void => renderer.render(scene, camera);
    if (this.cloud) this.cloud.draw(renderer, camera, this.model, draw);
    else draw();
  }

  /** Grid steps that a pixel of the picture covers at a distance in grid steps. */
  pixelAt(away: number): number {
    const { pixelsPerUnit, near } = this.eye();
    const pixels = this.renderer.getPixelRatio();
    return (Math.max(away, near) / pixelsPerUnit) * pixels;
  }

  /** Radius in grid steps of the discs that a cloud's points are drawn as; 0 of surfaces. */
  discOf(cluster: number): number {
    return this.cloud?.radiusOf(cluster) ?? 0;
  }

  dispose(): void {
    for (const mesh of this.meshes.values()) mesh.geometry.dispose();
    this.meshes.clear();
    this.surface.dispose();
    this.cloud?.dispose();
    this.layer.dispose();
    this.shadow.material.map?.dispose();
    this.shadow.material.dispose();
    this.shadow.geometry.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }

  private makeGeometry(id: number, cluster: DecodedCluster): BufferGeometry {
    const geometry = new BufferGeometry();
    const positions = new BufferAttribute(cluster.positions, 3);
    releaseUploaded(positions);
    geometry.setAttribute("position", positions);
    if (cluster.normals) {
      const normals = new InterleavedBuffer(cluster.normals, 4);
      releaseUploaded(normals);
      geometry.setAttribute("normal", new InterleavedBufferAttribute(normals, 3, 0, true));
    }
    if (cluster.colors) {
      const colors = new InterleavedBuffer(cluster.colors, 4);
      releaseUploaded(colors);
      geometry.setAttribute("color", new InterleavedBufferAttribute(colors, 3, 0, true));
    }
    if (!this.head.isCloud) geometry.setIndex(new BufferAttribute(cluster.faces, 1));
    const [x, y, z, radius] = this.head.clusters.spheres.subarray(id * 4, id * 4 + 4);
    geometry.boundingSphere = new Sphere(new Vector3(x, y, z), radius);
    return geometry;
  }
}

/** Once on the graphics card, an array need not stay in memory: a lost card loads pages anew. */
function releaseUploaded(buffer: BufferAttribute | InterleavedBuffer): void {
  buffer.onUpload(() => {
    buffer.array = new Uint8Array();
  });
}
