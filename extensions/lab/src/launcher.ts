/**
 * The launcher's first section: the notebooks that come with the workspace.
 *
 * Every `NN-topic.ipynb` at the root gets a card, in the order of its number.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILauncher } from "@jupyterlab/launcher";
import type { Contents } from "@jupyterlab/services";
import { ITranslator, nullTranslator, type TranslationBundle } from "@jupyterlab/translation";
import { DisposableSet } from "@lumino/disposable";
import { firstLookIcon, museionIcon } from "./icons";
import { findLessons } from "./lessons";

export const OPEN_NOTEBOOK = "museion:open-notebook";
/** Keeps the launcher's cards in step with the notebooks at the root. */
export class LessonCards {
  private cards = new DisposableSet();
  private shown = "";

  constructor(
    private readonly launcher: ILauncher,
    private readonly contents: Contents.IManager,
    private readonly category: string,
  ) {
    contents.fileChanged.connect((_sender, change) => {
      if (change.type !== "save") void this.refresh();
    });
  }

  async refresh(): Promise<void> {
    const root: Contents.IModel = await this.contents.get("", { content: true });
    const children = (root.content ?? []) as Contents.IModel[];
    const lessons = findLessons(children.map((child) => child.path));
    const wanted = JSON.stringify(lessons);
    if (wanted === this.shown) return;
    this.shown = wanted;
    this.cards.dispose();
    this.cards = new DisposableSet();
    for (const lesson of lessons) {
      this.cards.add(
        this.launcher.add({
          command: OPEN_NOTEBOOK,
          args: { path: lesson.path, title: lesson.title, isFirst: lesson === lessons[0] },
          category: this.category,
          categoryRank: -1,
          rank: lesson.rank,
        }),
      );
    }
  }
}

function addOpenCommand(app: JupyterFrontEnd, trans: TranslationBundle): void {
  app.commands.addCommand(OPEN_NOTEBOOK, {
    label: (args) => (typeof args.title === "string" ? args.title : trans.__("Open Notebook")),
    caption: (args) => trans.__("Open %1", String(args.path ?? "")),
    icon: (args) => (args.isFirst === true ? firstLookIcon : museionIcon),
    execute: (args) =>
      app.commands.execute("docmanager:open", { path: String(args.path), factory: "Notebook" }),
  });
}

export const launcherPlugin: JupyterFrontEndPlugin<void> = {
  id: "@museion/lab:launcher",
  description: "Puts the workspace's numbered notebooks first in the launcher.",
  autoStart: true,
  requires: [ILauncher],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, launcher: ILauncher, translator: ITranslator | null): void => {
    const trans = (translator ?? nullTranslator).load("museion");
    addOpenCommand(app, trans);
    const cards = new LessonCards(launcher, app.serviceManager.contents, "Museion");
    void cards.refresh();
  },
};
