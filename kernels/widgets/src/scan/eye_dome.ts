/**
 * Darkens what is behind its neighbours on screen, by how steeply it falls off from them.
 *
 * Needs depths only, no normals; and how wide points are drawn, since a disc is flat. Slopes are compared, not depths, so the darkness is the same from
 * near and from far. Source: Boucheny, Interactive Scientific Visualization of Large Datasets
 * (2009), with slopes in place of depths.
 */
import {
  DepthTexture,
  Mesh,
  OrthographicCamera,
  type PerspectiveCamera,
  PlaneGeometry,
  ShaderMaterial,
  Vector2,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";

/** What the widest point counts as, in pixels. */
export const WIDEST_PX = 255;

const SHADER = /* glsl */ `
uniform sampler2D depths;
uniform sampler2D widths;
uniform vec2 texel;
uniform float near;
uniform float far;
uniform float pixel;
uniform bool isParallel;
uniform float darkness;
varying vec2 at;

float away(float depth) {
  return isParallel ? near + depth * (far - near) : near * far / (far - depth * (far - near));
}

void main() {
  float depth = texture2D(depths, at).x;
  if (depth >= 1.0) discard;
  float own = away(depth);
  float size = isParallel ? pixel : pixel * own;
  // Over less than a disc's width there is nothing but its own edge to see.
  float width = max(1.0, texture2D(widths, at).x * ${WIDEST_PX}.0 * 0.6);
  float sum = 0.0;
  float count = 0.0;
  for (int turn = 0; turn < 8; turn += 1) {
    float angle = float(turn) * 0.785398;
    vec2 aside = vec2(cos(angle), sin(angle));
    for (int ring = 1; ring <= 2; ring += 1) {
      float reach = width * (float(ring) + 0.5);
      vec2 place = at + aside * reach * texel;
      if (place != clamp(place, 0.0, 1.0)) continue;
      count += 1.0;
      float other = texture2D(depths, place).x;
      if (other < 1.0) sum += clamp((own - away(other)) / (size * reach), 0.0, 3.0);
    }
  }
  gl_FragColor = vec4(0.0, 0.0, 0.0, 1.0 - exp(-darkness * sum / max(count, 1.0)));
}
`;

export class EyeDome {
  private readonly target = new WebGLRenderTarget(1, 1, { depthTexture: new DepthTexture(1, 1) });
  private readonly uniforms = {
    depths: { value: this.target.depthTexture },
    widths: { value: this.target.texture },
    texel: { value: new Vector2() },
    near: { value: 0 },
    far: { value: 1 },
    pixel: { value: 1 },
    isParallel: { value: false },
    darkness: { value: 0 },
  };
  private readonly sheet = new Mesh(
    new PlaneGeometry(2, 2),
    new ShaderMaterial({
      uniforms: this.uniforms,
      vertexShader: `varying vec2 at;
void main() { at = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }`,
      fragmentShader: SHADER,
      transparent: true,
      depthTest: false,
      depthWrite: false,
      toneMapped: false,
    }),
  );
  private readonly eye = new OrthographicCamera(-1, 1, 1, -1, 0, 1);

  /** @param darkness - 0 for none. */
  constructor(darkness: number) {
    this.uniforms.darkness.value = darkness;
    this.sheet.frustumCulled = false;
  }

  /** Takes the depths of what `draw` draws, in a picture of `size` pixels. */
  look(renderer: WebGLRenderer, size: Vector2, draw: () => void): void {
    this.target.setSize(size.x, size.y);
    renderer.setRenderTarget(this.target);
    draw();
    renderer.setRenderTarget(null);
  }

  /** Darkens the picture that was drawn since. */
  darken(
    renderer: WebGLRenderer,
    camera: PerspectiveCamera | OrthographicCamera,
    size: Vector2,
  ): void {
    const { uniforms } = this;
    uniforms.texel.value.set(1 / size.x, 1 / size.y);
    uniforms.near.value = camera.near;
    uniforms.far.value = camera.far;
    // Both projections scale heights by this element: at distance 1, and everywhere.
    uniforms.pixel.value = 2 / ((camera.projectionMatrix.elements[5] ?? 1) * size.y);
    uniforms.isParallel.value = camera instanceof OrthographicCamera;
    const { autoClear } = renderer;
    renderer.autoClear = false;
    renderer.render(this.sheet, this.eye);
    renderer.autoClear = autoClear;
  }

  dispose(): void {
    this.target.depthTexture?.dispose();
    this.target.dispose();
    this.sheet.material.dispose();
    this.sheet.geometry.dispose();
  }
}
