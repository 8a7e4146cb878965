/** Times, people and changes as sentences. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Change, Comparison, Reason, Version } from "./versions";

/** The day of a version, for a heading: `Sunday, 22 November`. */
export function dayLabel(version: Version, locale?: string): string {
  return new Date(version.taken * 1000).toLocaleDateString(locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
}

/** The time of a version within its day: `14:05:09`. */
export function timeLabel(version: Version, locale?: string): string {
  return new Date(version.taken * 1000).toLocaleTimeString(locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

/** Who edited since the version before. */
export function authorsLabel(version: Version, trans: TranslationBundle): string {
  const names = version.authors.map((author) => author.display_name || author.username);
  return names.length > 0 ? names.join(", ") : trans.__("no edits by a member");
}

/** Why a version was kept. */
export function reasonLabel(reason: Reason, trans: TranslationBundle): string {
  const labels: Record<Reason, string> = {
    opened: trans.__("as it was opened"),
    timer: trans.__("while it was edited"),
    saved: trans.__("saved"),
    closed: trans.__("when all had left"),
    restored: trans.__("before an earlier version came back"),
    replaced: trans.__("before a program replaced the file"),
  };
  return labels[reason] ?? reason;
}

/** What happens to one part. */
export function changeLabel(change: Change, trans: TranslationBundle): string {
  if (change.kind === "text") return trans.__("The text changes");
  const labels: Record<Change["change"], string> = {
    back: trans.__("Cell %1 comes back", change.number),
    gone: trans.__("Cell %1 of now goes", change.number),
    changed: trans.__("Cell %1 changes", change.number),
    outputs: trans.__("Outputs of cell %1 change", change.number),
  };
  return labels[change.change];
}

/** What happens in all, in one sentence. */
export function summaryLabel(comparison: Comparison, trans: TranslationBundle): string {
  if (comparison.changes.length === 0) return trans.__("Nothing would change: this is the present");
  const lines = (count: number) => trans._n("%1 line", "%1 lines", count);
  return trans.__(
    "%1 would come back, %2 would go",
    lines(comparison.back),
    lines(comparison.gone),
  );
}

/** What a sign before a line says to who can't see its colour. */
export function signLabel(sign: string, trans: TranslationBundle): string {
  if (sign === "+") return trans.__("comes back:");
  if (sign === "-") return trans.__("goes:");
  return "";
}

/** What can't be kept, and what to do. */
export function troubleLabel(task: string, isDiskFull: boolean, trans: TranslationBundle): string {
  const labels: Record<string, string> = {
    changes: trans.__("What is typed is not safe from a crash of the server at present."),
    file: trans.__("Documents can't be written to their files at present."),
    versions: trans.__("No earlier versions can be kept at present."),
  };
  const remedy = isDiskFull
    ? trans.__("The disk is full: delete files that nobody needs, or tell the operator.")
    : trans.__("Tell the operator; the server's log says why.");
  return `${labels[task] ?? task} ${trans.__("You can go on editing.")} ${remedy}`;
}
