/** Who wrote something, and when. */
import type { Dated } from "../../host";
import type { Origin } from "./model";
import { TEXTS } from "./texts";

/** As in "by Anna, 23 Nov 2026, 08:40 · changed by Ben · last change 23 Nov 2026, 08:45". */
export function creditText(entry: Dated & { readonly origin?: Origin | null }): string {
  const { edited_by: editor, modified, origin } = entry;
  const parts = [authorText(entry)];
  if (editor) parts.push(TEXTS.changedBy(editor.name));
  if (editor && modified) parts.push(TEXTS.lastChange(momentText(modified)));
  if (origin) parts.push(TEXTS.broughtIn(origin.version, origin.author?.name ?? ""));
  return parts.join(" · ");
}

/** As in "by Anna, 23 Nov 2026, 08:40". */
export function authorText({ author, created }: Dated): string {
  if (!author && !created) return TEXTS.sending;
  return [author ? TEXTS.by(author.name) : "", momentText(created)].filter(Boolean).join(", ");
}

/** In the reader's own time and language; empty for what is no moment. */
export function momentText(moment: string | undefined): string {
  const date = new Date(moment ?? "");
  if (Number.isNaN(date.getTime())) return "";
  return date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
