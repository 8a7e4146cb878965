// Runs before every script of a page: says when the first image is drawn, and what came over the wire.
(() => {
  const WANTED = __TRIANGLES__;
  const TRIANGLES = 4;
  // Which argument is the number of vertices.
  const COUNTS = { drawElements: 1, drawArrays: 2, drawRangeElements: 3 };
  performance.setResourceTimingBufferSize(100_000);
  const wire = { sockets: 0 };
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...words) {
      super(...words);
      this.addEventListener("message", ({ data }) => {
        wire.sockets += data.length ?? data.byteLength ?? data.size;
      });
    }
  };
  /** Bytes that came since a moment (seconds since 1970). */
  window.bytesSince = (start) => {
    const from = start * 1000 - performance.timeOrigin;
    const all = performance.getEntriesByType("resource").filter((each) => each.startTime >= from);
    const sum = (entries) => entries.reduce((total, each) => total + each.encodedBodySize, 0);
    const isCode = (each) => /\.(js|css|html)(\?|$)/.test(each.name);
    const data = sum(all.filter((each) => !isCode(each)));
    return { sockets: wire.sockets, data, code: sum(all.filter(isCode)) };
  };
  /** Counts from now on. */
  window.startCounting = () => {
    wire.sockets = 0;
    window.startedAt = Date.now() / 1000;
  };
  let drawn = 0;
  let isTold = false;
  const count = (context, mode, vertices) => {
    if (isTold || mode !== TRIANGLES) return;
    if (drawn === 0) queueMicrotask(() => finish(context));
    drawn += vertices / 3;
  };
  // The drawing script has ended: if its image is whole, wait until the card has drawn it.
  const finish = (context) => {
    const triangles = drawn;
    drawn = 0;
    if (isTold || triangles < WANTED) return;
    isTold = true;
    const bound = context.getParameter(context.FRAMEBUFFER_BINDING);
    context.bindFramebuffer(context.FRAMEBUFFER, null);
    context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, new Uint8Array(4));
    context.bindFramebuffer(context.FRAMEBUFFER, bound);
    const at = (performance.timeOrigin + performance.now()) / 1000;
    const bytes = window.bytesSince(window === window.top ? (window.startedAt ?? 0) : 0);
    window.tellTheTest(JSON.stringify({ kind: "image", at, triangles, bytes }));
  };
  for (const { prototype } of [WebGLRenderingContext, WebGL2RenderingContext]) {
    for (const [name, at] of Object.entries(COUNTS)) {
      const original = prototype[name];
      if (!original) continue;
      prototype[name] = function (...words) {
        original.apply(this, words);
        count(this, words[0], words[at]);
      };
    }
  }
})();
