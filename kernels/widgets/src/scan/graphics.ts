/** What the browser's graphics can do. */

const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;

/** Whether a WebGL 2 context can be had. */
export function hasWebGl2(): boolean {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

/** Whether the processor draws in place of a graphics card. */
export function isSoftware(context: WebGL2RenderingContext | WebGLRenderingContext): boolean {
  const names = context.getExtension("WEBGL_debug_renderer_info");
  const name = context.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : context.RENDERER);
  return SOFTWARE.test(String(name));
}
