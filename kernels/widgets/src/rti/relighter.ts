/** Draws tiles of a model under a light on a canvas, by WebGL 2. */
import type { Disposable } from "../host";
import type { RtiInfo } from "./api";
import { groupsOf, weightsOf } from "./basis";
import { directionOf, halfwayOf, type Light } from "./light";
import { type Gloss, LOOKS, type Look } from "./options";
import { FRAGMENT, VERTEX } from "./shader";

/** How the surface is shown. */
export interface Appearance {
  readonly light: Light;
  readonly look: Look;
  readonly gloss: Gloss;
}

/** Where a tile lies, in pixels of the canvas from its upper left corner. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A tile on the graphics card. */
export interface PlaneTexture {
  readonly texture: WebGLTexture;
  readonly width: number;
  readonly height: number;
}

export class GraphicsError extends Error {}

export class Relighter implements Disposable {
  readonly groups: number;
  private readonly gl: WebGL2RenderingContext;
  private readonly program: WebGLProgram;

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly info: RtiInfo,
  ) {
    const gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true });
    if (!gl) throw new GraphicsError("no WebGL 2");
    this.gl = gl;
    this.groups = groupsOf(info.basis, info.terms);
    this.program = makeProgram(gl);
    gl.useProgram(this.program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    this.makeQuad();
    this.setLimits();
  }

  upload(planes: ImageBitmap): PlaneTexture {
    const { gl } = this;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, planes);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    return { texture, width: planes.width, height: planes.height / this.groups };
  }

  release({ texture }: PlaneTexture): void {
    this.gl.deleteTexture(texture);
  }

  /** Clears the canvas and says how the next tiles are lit. */
  begin({ light, look, gloss }: Appearance): void {
    const { gl, info } = this;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const weights = new Float32Array(16);
    weights.set(weightsOf(info.basis, info.terms, directionOf(light)));
    gl.uniform1fv(this.uniform("weights"), weights);
    gl.uniform1i(this.uniform("look"), LOOKS.indexOf(look));
    gl.uniform3fv(this.uniform("halfway"), [...halfwayOf(light)]);
    gl.uniform3f(this.uniform("gloss"), gloss.diffuse, gloss.specular, gloss.exponent);
  }

  /** @param isCrisp Whether pixels are shown as squares. */
  draw(tile: PlaneTexture, { left, top, width, height }: Place, isCrisp: boolean): void {
    const { gl, canvas } = this;
    gl.bindTexture(gl.TEXTURE_2D, tile.texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, isCrisp ? gl.NEAREST : gl.LINEAR);
    const [across, down] = [2 / canvas.width, 2 / canvas.height];
    const place = [left * across - 1, 1 - top * down, width * across, height * down] as const;
    gl.uniform4f(this.uniform("place"), ...place);
    gl.uniform2f(this.uniform("size"), tile.width, tile.height);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  dispose(): void {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  private uniform(name: string): WebGLUniformLocation | null {
    return this.gl.getUniformLocation(this.program, name);
  }

  private makeQuad(): void {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(this.program, "corner");
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
  }

  private setLimits(): void {
    const { gl, info } = this;
    const span = info.high.map((high, plane) => high - (info.low[plane] ?? 0));
    gl.uniform3fv(this.uniform("low"), info.low);
    gl.uniform3fv(this.uniform("span"), span);
    gl.uniform1i(this.uniform("groups"), this.groups);
    gl.uniform1i(this.uniform("isLrgb"), info.basis === "ptm_lrgb" ? 1 : 0);
  }
}

function makeProgram(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (!shader) throw new GraphicsError("the graphics card was taken away");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new GraphicsError(gl.getProgramInfoLog(program) ?? "the program does not link");
  }
  return program;
}
