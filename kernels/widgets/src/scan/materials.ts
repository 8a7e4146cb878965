/** How the surface is drawn: lit or in its plain colours; and the shadow that it stands on. */
import {
  CanvasTexture,
  CircleGeometry,
  DoubleSide,
  FrontSide,
  type Material,
  Mesh,
  MeshBasicMaterial,
  MeshStandardMaterial,
  type Plane,
  type Vector3,
  type WebGLProgramParametersWithUniforms,
} from "three";

import type { LayerShading } from "./layers/shading";

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

/** Cut open, the inside of the material is one plain colour: a closed scan looks filled. */
const INSIDE = /* glsl */ `
#include <opaque_fragment>
#ifdef SHOWS_INSIDE
  if (!gl_FrontFacing) gl_FragColor = vec4(0.36, 0.31, 0.27, 1.0);
#endif
`;

export class Surface {
  private readonly lit = new MeshStandardMaterial({ metalness: 0 });
  private readonly plain = new MeshBasicMaterial({ toneMapped: false });
  /** The same, for meshes that have values of the shown layer. */
  private readonly layered = [
    new MeshStandardMaterial({ metalness: 0 }),
    new MeshBasicMaterial({ toneMapped: false }),
  ] as const;
  private isUnlit = false;
  /** Whether the layer's colours are shown alone, without light. */
  isLayerUnlit = false;

  /** @param patch - Changes the shaders further, as clouds of points need. */
  constructor(
    private readonly hasColors: boolean,
    layer: LayerShading,
    patch?: (shader: WebGLProgramParametersWithUniforms) => void,
  ) {
    for (const material of this.all) {
      const isLayered = this.layered.some((each) => each === material);
      material.onBeforeCompile = (shader) => {
        patch?.(shader);
        shader.vertexShader = shader.vertexShader.replace("#include <color_vertex>", LINEAR_COLORS);
        shader.fragmentShader = shader.fragmentShader.replace("#include <opaque_fragment>", INSIDE);
        if (isLayered) layer.patch(shader);
      };
      material.customProgramCacheKey = () => `scan ${isLayered}`;
    }
    this.useColors(true);
  }

  /** What meshes are to be drawn with now, with values of a layer or without. */
  materialFor(hasValues: boolean): Material {
    const [lit, plain] = hasValues ? this.layered : [this.lit, this.plain];
    return this.isUnlit || (hasValues && this.isLayerUnlit) ? plain : lit;
  }

  get all(): readonly (MeshStandardMaterial | MeshBasicMaterial)[] {
    return [this.lit, this.plain, ...this.layered];
  }

  useColors(wanted: boolean): void {
    const isColored = wanted && this.hasColors;
    for (const material of this.all) {
      material.vertexColors = isColored;
      material.color.set(isColored ? "#ffffff" : this.hasColors ? CLAY : PLASTER);
      if (material instanceof MeshStandardMaterial) material.roughness = isColored ? 0.5 : 0.72;
      material.needsUpdate = true;
    }
  }

  useWireframe(wanted: boolean): void {
    for (const material of this.all) {
      material.wireframe = wanted;
      material.needsUpdate = true;
    }
  }

  /** Colours as measured: no lamp, no tone curve. */
  useUnlit(wanted: boolean): void {
    this.isUnlit = wanted;
  }

  /** Leaves out what lies behind a plane; null shows everything. */
  cut(plane: Plane | null): void {
    for (const material of this.all) {
      material.clippingPlanes = plane ? [plane] : null;
      material.side = plane ? DoubleSide : FrontSide;
      material.defines = { ...material.defines };
      if (plane) material.defines.SHOWS_INSIDE = "";
      else delete material.defines.SHOWS_INSIDE;
      material.needsUpdate = true;
    }
  }

  dispose(): void {
    for (const material of this.all) material.dispose();
  }
}

/** A soft shadow on the table, so that the object stands somewhere. */
export function makeShadow(half: Vector3): Mesh<CircleGeometry, MeshBasicMaterial> {
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
