// What the pages' scripts share: where the hub is, and requests it accepts.

const { hub = "/hub/", xsrf = "" } = document.body.dataset;

/** How long a request may take before the hub counts as out of reach. */
const TIMEOUT_MS = 10_000;

/** The hub answered, but not with success. */
export class RefusedError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Ask the hub for JSON, as the person who is signed in.
 * @param {string} path below the hub's own address
 * @param {RequestInit} [options]
 * @returns {Promise<any>} the answer; `null` if it has no body (the shape is the route's own)
 * @throws {RefusedError} if the hub refuses
 */
export async function ask(path, options = {}) {
  const response = await fetch(hub + path, {
    ...options,
    credentials: "same-origin",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-XSRFToken": xsrf,
    },
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new RefusedError(response.status, text);
  return text ? JSON.parse(text) : null;
}

/**
 * Find an element this page must have.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function part(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`this page lacks an element: ${id}`);
  return element;
}
