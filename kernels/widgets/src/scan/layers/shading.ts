/**
 * How the graphics card shows a layer: colours of a ramp, radiance scaling, or shade.
 *
 * Radiance scaling changes the light that a place sends back with how far it stands out: lit
 * places on ridges become brighter, in hollows darker, and the light itself still tells the form.
 * Source: Vergne, Pacanowski, Barla, Granier and Schlick 2010, doi:10.1145/1730804.1730827.
 */
import {
  DataTexture,
  LinearFilter,
  SRGBColorSpace,
  type WebGLProgramParametersWithUniforms,
} from "three";

import { LOOKS, type Look } from "./info";
import { rampTexels } from "./ramp";

const VERTEX_HEAD = /* glsl */ `
attribute vec2 layer;
varying vec2 vLayer;
#include <common>
`;

const VERTEX_BODY = /* glsl */ `
vLayer = layer;
#include <begin_vertex>
`;

/** A triangle with a missing corner is a value next to the others, and hatched next to it. */
const FRAGMENT_HEAD = /* glsl */ `
varying vec2 vLayer;
uniform sampler2D layerRamp;
uniform vec2 layerRange;
uniform int layerLook;
uniform float layerStrength;

float layerKnown() { return (vLayer.y + 1.0) * 0.5; }
bool layerIsMissing() { return layerKnown() < 0.5; }
float layerShare() {
  float value = vLayer.x / max(layerKnown(), 0.5);
  return clamp((value - layerRange.x) / (layerRange.y - layerRange.x), 0.0, 1.0);
}
vec3 layerHatch() {
  float stripe = step(0.5, fract((gl_FragCoord.x + gl_FragCoord.y) / 9.0));
  return mix(vec3(0.24), vec3(0.34), stripe);
}
vec3 scaledRadiance(vec3 light) {
  const float pivot = 0.12;
  float bent = exp(-1.6 * layerStrength * (2.0 * layerShare() - 1.0));
  float seen = clamp(dot(light, vec3(0.2126, 0.7152, 0.0722)), 0.001, 0.999);
  float scale = (pivot * bent + seen * (1.0 - pivot - pivot * bent))
    / (pivot + seen * (bent - pivot - pivot * bent));
  return light * scale;
}
#include <common>
`;

const FRAGMENT_COLOR = /* glsl */ `
#include <color_fragment>
if (layerLook < 2) {
  vec3 shown = texture2D(layerRamp, vec2((layerShare() * 255.0 + 0.5) / 256.0, 0.5)).rgb;
  diffuseColor.rgb = layerIsMissing() ? layerHatch() : shown;
}
`;

const FRAGMENT_LIGHT = /* glsl */ `
if (layerLook == 2 && !layerIsMissing()) outgoingLight = scaledRadiance(outgoingLight);
if (layerLook == 3 && !layerIsMissing()) outgoingLight *= pow(layerShare(), layerStrength);
#include <opaque_fragment>
`;

export class LayerShading {
  readonly texture = new DataTexture(rampTexels(["#000000ff", "#ffffffff"]), 256, 1);
  private readonly uniforms = {
    layerRamp: { value: this.texture },
    layerRange: { value: [0, 1] as [number, number] },
    layerLook: { value: 0 },
    layerStrength: { value: 1 },
  };

  constructor() {
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.magFilter = this.texture.minFilter = LinearFilter;
    this.texture.needsUpdate = true;
  }

  /** Adds the layer to a material's program. */
  patch(shader: WebGLProgramParametersWithUniforms): void {
    Object.assign(shader.uniforms, this.uniforms);
    const put = (source: string, [name, text]: readonly [string, string]): string =>
      source.replace(`#include <${name}>`, text);
    shader.vertexShader = [
      ["common", VERTEX_HEAD] as const,
      ["begin_vertex", VERTEX_BODY] as const,
    ].reduce(put, shader.vertexShader);
    shader.fragmentShader = [
      ["common", FRAGMENT_HEAD] as const,
      ["color_fragment", FRAGMENT_COLOR] as const,
      ["opaque_fragment", FRAGMENT_LIGHT] as const,
    ].reduce(put, shader.fragmentShader);
  }

  show(look: Look, range: readonly [number, number], strength: number): void {
    this.uniforms.layerLook.value = LOOKS.indexOf(look);
    this.uniforms.layerRange.value = [...range];
    this.uniforms.layerStrength.value = strength;
  }

  useRamp(stops: readonly string[]): void {
    this.texture.image.data = rampTexels(stops);
    this.texture.needsUpdate = true;
  }

  dispose(): void {
    this.texture.dispose();
  }
}
