/** What is on the graphics card: camera, lamps, material, and the clusters that are loaded. */
import {
  BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  CircleGeometry,
  Frustum,
  Group,
  InterleavedBuffer,
  InterleavedBufferAttribute,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  MeshStandardMaterial,
  NeutralToneMapping,
  PerspectiveCamera,
  Scene,
  Sphere,
  Vector3,
  WebGLRenderer,
} from "three";

import type { Eye } from "./cut";
import { clustersOf } from "./cut";
import type { DecodedCluster } from "./decode";
import type { ScanHead } from "./format";
import { Lights } from "./lights";
import type { Orbit } from "./orbit";
import type { PageSink } from "./pages";

const FIELD_OF_VIEW = 28;
const MARGIN = 1.03;
const CLAY = "#cbc4b9";
const PLASTER = "#e4ded3";

/** Measured colours are sRGB; lighting is computed in linear light. */
const LINEAR_COLORS = /* glsl */ `
#include <color_vertex>
#ifdef USE_COLOR
  vColor.rgb = mix(
    vColor.rgb / 12.92,
    pow((vColor.rgb + 0.055) / 1.055, vec3(2.4)),
    step(0.04045, vColor.rgb)
  );
#endif
`;

export class Stage implements PageSink {
  readonly renderer: WebGLRenderer;
  readonly lights = new Lights();
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.01, 10);
  private readonly model = new Group();
  private readonly material: MeshStandardMaterial;
  private readonly shadow: Mesh<CircleGeometry, MeshBasicMaterial>;
  private readonly meshes = new Map<number, Mesh>();
  /** Half of the scan's sides in metres. */
  readonly half: Vector3;

  constructor(
    canvas: HTMLCanvasElement,
    private readonly head: ScanHead,
  ) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.renderer.toneMapping = NeutralToneMapping;
    this.renderer.setClearColor(0x000000, 0);
    this.material = makeMaterial();
    this.half = new Vector3(...head.size).multiplyScalar(head.step / 2);
    this.model.scale.setScalar(head.step);
    this.model.position.copy(this.half).negate();
    this.model.updateMatrixWorld(true);
    this.model.matrixAutoUpdate = false;
    this.shadow = makeShadow(this.half);
    this.camera.up.set(0, 0, 1);
    this.lights.attach(this.camera);
    this.scene.add(this.model, this.camera, this.shadow);
    this.useColors(true);
  }

  useColors(wanted: boolean): void {
    const isColored = wanted && this.head.hasColors;
    this.material.vertexColors = isColored;
    this.material.color.set(isColored ? "#ffffff" : this.head.hasColors ? CLAY : PLASTER);
    this.material.roughness = isColored ? 0.5 : 0.72;
    this.material.needsUpdate = true;
  }

  useWireframe(wanted: boolean): void {
    this.material.wireframe = wanted;
    this.material.needsUpdate = true;
  }

  resize(width: number, height: number, pixelRatio: number): void {
    this.renderer.setPixelRatio(pixelRatio);
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
  }

  /** Distance from which the whole scan fits the picture. */
  fitDistance(azimuth: number, elevation: number): number {
    const tan = Math.tan((FIELD_OF_VIEW * Math.PI) / 360);
    const toCamera = direction(azimuth, elevation);
    const right = new Vector3(-Math.sin(azimuth), Math.cos(azimuth), 0);
    const up = new Vector3().crossVectors(toCamera, right);
    let needed = 0;
    for (let corner = 0; corner < 8; corner += 1) {
      const signs = [1, 2, 4].map((bit) => (corner & bit ? 1 : -1)) as [number, number, number];
      const point = new Vector3(...signs).multiply(this.half);
      const across = Math.abs(point.dot(right)) / (tan * this.camera.aspect);
      const along = Math.abs(point.dot(up)) / tan;
      needed = Math.max(needed, point.dot(toCamera) + Math.max(across, along) * MARGIN);
    }
    return needed;
  }

  /** Puts the camera where the orbit says. */
  look({ azimuth, elevation, distance, target }: Orbit): void {
    const radius = this.half.length();
    this.camera.position.set(...target).addScaledVector(direction(azimuth, elevation), distance);
    this.camera.lookAt(...target);
    const away = this.camera.position.length();
    this.camera.near = Math.max(away - radius * 1.5, distance * 0.02, radius * 1e-4);
    this.camera.far = away + radius * 3;
    this.camera.updateProjectionMatrix();
    this.camera.updateMatrixWorld(true);
    this.shadow.visible = this.camera.position.z > -this.half.z;
  }

  /** Metres that one CSS pixel covers at the target. */
  pixelSize(distance: number): number {
    const height = this.renderer.domElement.clientHeight || 1;
    return (2 * distance * Math.tan((FIELD_OF_VIEW * Math.PI) / 360)) / height;
  }

  /** The camera in grid steps. */
  eye(): Eye {
    const toGrid = new Matrix4().copy(this.model.matrixWorld).invert();
    const position = this.camera.position.clone().applyMatrix4(toGrid);
    const view = new Matrix4().multiplyMatrices(
      this.camera.projectionMatrix,
      this.camera.matrixWorldInverse,
    );
    const frustum = new Frustum().setFromProjectionMatrix(view.multiply(this.model.matrixWorld));
    const pixels = this.renderer.domElement.height;
    return {
      x: position.x,
      y: position.y,
      z: position.z,
      pixelsPerUnit: pixels / (2 * Math.tan((FIELD_OF_VIEW * Math.PI) / 360)),
      near: this.camera.near / this.head.step,
      planes: frustum.planes.map(({ normal, constant }) => [
        normal.x,
        normal.y,
        normal.z,
        constant,
      ]),
    };
  }

  add(group: number, clusters: DecodedCluster[]): number {
    let bytes = 0;
    const ids = [...clustersOf(this.head, group)];
    clusters.forEach((cluster, index) => {
      const id = ids[index];
      if (id === undefined) return;
      const mesh = new Mesh(this.makeGeometry(id, cluster), this.material);
      mesh.matrixAutoUpdate = false;
      mesh.visible = false;
      this.meshes.set(id, mesh);
      this.model.add(mesh);
      bytes += cluster.positions.byteLength + cluster.normals.byteLength;
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

  /** Shows exactly these clusters; returns their number of triangles. */
  show(clusters: readonly number[]): number {
    for (const mesh of this.meshes.values()) mesh.visible = false;
    let triangles = 0;
    for (const id of clusters) {
      const mesh = this.meshes.get(id);
      if (!mesh) continue;
      mesh.visible = true;
      triangles += this.head.clusters.triangles[id] ?? 0;
    }
    return triangles;
  }

  render(): void {
    this.renderer.render(this.scene, this.camera);
  }

  dispose(): void {
    for (const mesh of this.meshes.values()) mesh.geometry.dispose();
    this.meshes.clear();
    this.material.dispose();
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
    const normals = new InterleavedBuffer(cluster.normals, 4);
    releaseUploaded(normals);
    geometry.setAttribute("normal", new InterleavedBufferAttribute(normals, 3, 0, true));
    if (cluster.colors) {
      const colors = new InterleavedBuffer(cluster.colors, 4);
      releaseUploaded(colors);
      geometry.setAttribute("color", new InterleavedBufferAttribute(colors, 3, 0, true));
    }
    geometry.setIndex(new BufferAttribute(cluster.faces, 1));
    const [x, y, z, radius] = this.head.clusters.spheres.subarray(id * 4, id * 4 + 4);
    geometry.boundingSphere = new Sphere(new Vector3(x, y, z), radius);
    return geometry;
  }
}

function direction(azimuth: number, elevation: number): Vector3 {
  const level = Math.cos(elevation);
  return new Vector3(level * Math.cos(azimuth), level * Math.sin(azimuth), Math.sin(elevation));
}

/** Once on the graphics card, an array need not stay in memory: a lost card loads pages anew. */
function releaseUploaded(buffer: BufferAttribute | InterleavedBuffer): void {
  buffer.onUpload(() => {
    buffer.array = new Uint8Array();
  });
}

function makeMaterial(): MeshStandardMaterial {
  const material = new MeshStandardMaterial({ metalness: 0 });
  material.onBeforeCompile = (shader) => {
    shader.vertexShader = shader.vertexShader.replace("#include <color_vertex>", LINEAR_COLORS);
  };
  return material;
}

/** A soft shadow on the table, so that the object stands somewhere. */
function makeShadow(half: Vector3): Mesh<CircleGeometry, MeshBasicMaterial> {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 128;
  const context = canvas.getContext("2d");
  if (context) {
    const blur = context.createRadialGradient(64, 64, 0, 64, 64, 64);
    for (const [at, strength] of [
      [0, 0.42],
      [0.35, 0.26],
      [0.7, 0.07],
      [1, 0],
    ] as const) {
      blur.addColorStop(at, `rgba(20, 16, 12, ${strength})`);
    }
    context.fillStyle = blur;
    context.fillRect(0, 0, 128, 128);
  }
  const material = new MeshBasicMaterial({
    map: new CanvasTexture(canvas),
    transparent: true,
    depthWrite: false,
    toneMapped: false,
  });
  const shadow = new Mesh(new CircleGeometry(1, 64), material);
  const reach = 1.15;
  shadow.scale.set(half.x * reach, half.y * reach, 1);
  shadow.position.z = -half.z - half.z * 0.002;
  shadow.renderOrder = -1;
  return shadow;
}
