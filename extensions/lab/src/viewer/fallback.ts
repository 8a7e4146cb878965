/** What stands where a viewer could not: the saved picture, a sentence and a hint. */
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { TranslationBundle } from "@jupyterlab/translation";
import { explain } from "../api";

/** The picture that was saved with the view, or null. */
export function savedPicture(model: IRenderMime.IMimeModel, text: string): HTMLElement | null {
  const data = model.data["image/png"];
  if (typeof data !== "string") return null;
  const image = document.createElement("img");
  image.className = "mus-View-picture";
  image.src = `data:image/png;base64,${data.trim()}`;
  image.alt = text;
  return image;
}

/** The plain text that was saved with the view. */
export function savedText(model: IRenderMime.IMimeModel): string {
  const data = model.data["text/plain"];
  return typeof data === "string" ? data : "";
}

/** The whole of what a person sees when the viewer cannot be shown. */
export function makeFallback(
  model: IRenderMime.IMimeModel,
  error: unknown,
  trans: TranslationBundle,
  retry: () => void,
): HTMLElement {
  const { message, hint } = explain(error);
  const notice = document.createElement("div");
  notice.className = "mus-View-notice";
  notice.setAttribute("role", "status");
  notice.append(
    paragraph(message),
    paragraph(hint, "mus-hint"),
    button(trans.__("Try again"), retry),
  );
  const node = document.createElement("div");
  node.className = "mus-View-fallback";
  const text = savedText(model);
  const picture = savedPicture(model, text);
  node.append(notice, picture ?? preformatted(text));
  return node;
}

function paragraph(text: string, className = ""): HTMLElement {
  const node = document.createElement("p");
  node.className = className;
  node.textContent = text;
  return node;
}

function preformatted(text: string): HTMLElement {
  const node = document.createElement("pre");
  node.textContent = text;
  return node;
}

function button(text: string, onClick: () => void): HTMLElement {
  const node = document.createElement("button");
  node.type = "button";
  node.className = "mus-Button";
  node.textContent = text;
  node.addEventListener("click", onClick);
  return node;
}
