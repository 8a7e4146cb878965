/**
 * Publishing the notebook at hand to the workgroup's guests, step by step.
 *
 * What is asked and told is decided here; how, by the `Talk` that is handed in.
 */
import type { TranslationBundle } from "@jupyterlab/translation";
import { explain } from "../api";
import type { PublishingApi, Snapshot } from "./api";

/** How a person is asked and told. */
export interface Talk {
  /** Returns whether the person wants it. */
  confirm(question: Question): Promise<boolean>;
  succeed(message: string, address: string): void;
  fail(message: string): void;
}

/** What is asked before something is published. */
export interface Question {
  readonly title: string;
  readonly lines: readonly string[];
  readonly accept: string;
}

/** Asks, publishes, and tells what has become of it. Returns the snapshot, if there is one. */
export async function publishNotebook(
  path: string,
  group: string,
  api: PublishingApi,
  talk: Talk,
  trans: TranslationBundle,
): Promise<Snapshot | null> {
  try {
    const before = (await api.snapshots()).find((each) => each.path === path);
    if (!(await talk.confirm(question(path, group, before, trans)))) return null;
    const done = await api.publish(path);
    talk.succeed(trans.__("Guests of %1 can read “%2” now.", group, done.title), done.address);
    return done;
  } catch (error) {
    const { message, hint } = explain(error);
    talk.fail(`${message}. ${hint.charAt(0).toUpperCase()}${hint.slice(1)}`);
    return null;
  }
}

function question(
  path: string,
  group: string,
  before: Snapshot | undefined,
  trans: TranslationBundle,
): Question {
  const lines = [
    trans.__(
      "Guests of %1 will read %2 as it is now: its text, code and results. They can’t run or change anything.",
      group,
      path,
    ),
    trans.__(
      "A cell tagged remove-cell, remove-input or remove-output is left out, or its code or its result.",
    ),
  ];
  if (before) {
    const day = new Date(before.published).toLocaleDateString();
    lines.push(trans.__("This replaces the page that %1 published on %2.", before.publisher, day));
  }
  return {
    title: trans.__("Publish to guests"),
    lines,
    accept: before ? trans.__("Publish again") : trans.__("Publish"),
  };
}
