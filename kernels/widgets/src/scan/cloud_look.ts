/**
 * How a cloud of points is drawn: each point a round disc that reaches its neighbours, and darker
 * where neighbours stand in front of it, so that shape reads without colours and normals.
 */

import type { OrthographicCamera, PerspectiveCamera } from "three";
import {
  type BufferGeometry,
  type Camera,
  type Material,
  type Object3D,
  Points,
  ShaderMaterial,
  Uint8BufferAttribute,
  Vector2,
  type WebGLProgramParametersWithUniforms,
  type WebGLRenderer,
} from "three";
import { EyeDome, WIDEST_PX } from "./eye_dome";
import type { ScanHead } from "./format";
import { spacingOf } from "./spacing";

/** On a square grid 0.71 spacings just leave no hole; points lie less evenly than that. */
const RADIUS = 1.4;
/** Radii are handed to the card as a byte each: steps of an eighth of a doubling. */
const PER_DOUBLING = 8;
const LEAST_PX = 2;
const MOST_PX = 96;
const PLAIN_DARKNESS = 0.85;
const LIT_DARKNESS = 0.4;

const SIZE_HEAD = /* glsl */ `
attribute float reach;
uniform float pictureHeight;
flat varying vec4 lens;
flat varying vec2 disc;
`;
const SIZE = /* glsl */ `
float radius = exp2(reach / ${PER_DOUBLING}.0) * length(modelViewMatrix[0].xyz);
gl_PointSize = clamp(
  radius * projectionMatrix[1][1] * pictureHeight / gl_Position.w, ${LEAST_PX}.0, ${MOST_PX}.0);
lens = vec4(projectionMatrix[2][2], projectionMatrix[3][2],
  projectionMatrix[2][3], projectionMatrix[3][3]);
disc = vec2((modelViewMatrix * vec4(position, 1.0)).z, radius);
`;
const ROUND_HEAD = /* glsl */ `
flat varying vec4 lens;
flat varying vec2 disc;
`;
/** Discs bulge towards the viewer: where they overlap, the nearest centre shows. */
const ROUND = /* glsl */ `
vec2 aside = 2.0 * gl_PointCoord - 1.0;
float rim = dot(aside, aside);
if (rim > 1.0) discard;
float behind = disc.x - disc.y * rim;
gl_FragDepth = 0.5 + 0.5 * (lens.x * behind + lens.y) / (lens.z * behind + lens.w);
`;
/** Scanners' normals face either side. */
const FACING = /* glsl */ `
#include <normal_fragment_begin>
if (dot(normal, vViewPosition) < 0.0) normal = -normal;
`;

export class CloudLook {
  private readonly uniforms = { pictureHeight: { value: 1 } };
  private readonly radii = new Map<number, number>();
  private readonly dome: EyeDome;
  private readonly depths = new ShaderMaterial({
    uniforms: this.uniforms,
    vertexShader: `${SIZE_HEAD}
varying float across;
void main() {
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  ${SIZE}
  across = gl_PointSize;
}`,
    fragmentShader: `${ROUND_HEAD}varying float across;
void main() { ${ROUND} gl_FragColor = vec4(across / ${WIDEST_PX}.0); }`,
  });

  constructor(head: ScanHead) {
    this.dome = new EyeDome(head.hasNormals ? LIT_DARKNESS : PLAIN_DARKNESS);
  }

  /** Makes a mesh's shaders draw discs. */
  readonly patch = (shader: WebGLProgramParametersWithUniforms): void => {
    Object.assign(shader.uniforms, this.uniforms);
    shader.vertexShader = `${SIZE_HEAD}${shader.vertexShader}`.replace(
      "#include <fog_vertex>",
      `#include <fog_vertex>\n${SIZE}`,
    );
    shader.fragmentShader = `${ROUND_HEAD}${shader.fragmentShader}`
      .replace("#include <clipping_planes_fragment>", `#include <clipping_planes_fragment>${ROUND}`)
      .replace("#include <normal_fragment_begin>", FACING);
  };

  makePoints(
    cluster: number,
    geometry: BufferGeometry,
    positions: Float32Array,
    material: Material,
  ): Points {
    const radius = Math.max(spacingOf(positions) * RADIUS, 0.5);
    const reach = Math.min(Math.max(Math.round(Math.log2(radius) * PER_DOUBLING), 0), 255);
    const reaches = new Uint8Array(positions.length / 3).fill(reach);
    geometry.setAttribute("reach", new Uint8BufferAttribute(reaches, 1));
    this.radii.set(cluster, radius);
    return new Points(geometry, material);
  }

  /** Radius of a cluster's discs in grid steps. */
  radiusOf(cluster: number): number {
    return this.radii.get(cluster) ?? 0;
  }

  /**
   * Draws the picture, and the darkness over it.
   *
   * @param model - Holds the points.
   * @param draw - Draws the picture.
   */
  draw(
    renderer: WebGLRenderer,
    camera: PerspectiveCamera | OrthographicCamera,
    model: Object3D,
    draw: () => void,
  ): void {
    const size = renderer.getDrawingBufferSize(new Vector2());
    this.uniforms.pictureHeight.value = size.y;
    this.dome.look(renderer, size, () => this.drawDepths(renderer, camera, model));
    draw();
    this.dome.darken(renderer, camera, size);
  }

  dispose(): void {
    this.depths.dispose();
    this.dome.dispose();
  }

  private drawDepths(renderer: WebGLRenderer, camera: Camera, model: Object3D): void {
    model.updateMatrixWorld(true); // as a root it would not tell new points where they are
    const shown = model.children.filter((each) => each instanceof Points && each.visible);
    const before = shown.map((each) => (each as Points).material);
    for (const each of shown) (each as Points).material = this.depths;
    renderer.render(model, camera);
    shown.forEach((each, index) => {
      (each as Points).material = before[index] ?? this.depths;
    });
  }
}
