/** What a view shares with its widget in the kernel: one list for each trait. */
import { Questions } from "./asking";
import type { ListKind, ListLink, ViewLink } from "./host";

/** The part of an anywidget model that is used here. */
export interface TraitModel {
  get(trait: string): unknown;
  set(trait: string, value: unknown): void;
  save_changes(): void;
  on(event: string, listener: (content?: unknown, buffers?: readonly unknown[]) => void): void;
  off(event: string, listener: (content?: unknown) => void): void;
  send(content: object): void;
}

export function modelLink(model: TraitModel): ViewLink {
  let questions: Questions | null = null;
  const asking = (): Questions => {
    const made = new Questions((content) => model.send(content));
    model.on("msg:custom", (content, buffers) => made.hear(content, buffers));
    return made;
  };
  return {
    list: (kind) => listOf(model, kind),
    ask: (question) => {
      questions ??= asking();
      return questions.ask(question);
    },
  };
}

function listOf<T extends object>(model: TraitModel, { trait, is }: ListKind<T>): ListLink<T> {
  const current = (): readonly T[] => {
    const value = model.get(trait);
    return Array.isArray(value) ? value.filter(is) : [];
  };
  return {
    get: current,
    set: (items) => {
      model.set(trait, [...items]);
      model.save_changes();
    },
    subscribe: (listener) => {
      const changed = () => listener(current());
      model.on(`change:${trait}`, changed);
      return { dispose: () => model.off(`change:${trait}`, changed) };
    },
  };
}
