// Loaded into the proxy: lets no browser install a service worker from anything behind it.
//
// Without `separate_origins` workspaces share an origin with the hub's pages. A server that a
// workgroup's code has taken over could send `Service-Worker-Allowed: /`, and its worker would
// answer for every page from then on. Browsers say `Service-Worker: script` whenever they fetch
// such a script, and no page can keep them from it; nothing of ours needs one.
"use strict";

const { Server } = require("node:http");

const emit = Server.prototype.emit;

Server.prototype.emit = function (event, request, response, ...rest) {
  if (event !== "request" || request.headers["service-worker"] === undefined) {
    return emit.call(this, event, request, response, ...rest);
  }
  response.writeHead(403, { "content-type": "text/plain", "cache-control": "no-store" });
  response.end("Service workers are not allowed here\n");
  return true;
};
