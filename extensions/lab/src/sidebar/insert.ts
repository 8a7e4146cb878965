/** Puts code into a new cell of the notebook a person is working in. */
import { NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import { connectingCode, openingCode } from "./code";

/** Inserts the line that opens the dataset at `path`, and puts the cursor there. */
export function insertOpening(panel: NotebookPanel, path: string): void {
  insert(panel, (sources) => openingCode(path, sources));
}

/** Inserts the line that connects to the cluster called `name`, and puts the cursor there. */
export function insertConnecting(panel: NotebookPanel, name: string): void {
  insert(panel, (sources) => connectingCode(name, sources));
}

function insert(panel: NotebookPanel, code: (sources: readonly string[]) => string): void {
  const notebook = panel.content;
  const sources = notebook.widgets.map((cell) => cell.model.sharedModel.getSource());
  const active = notebook.activeCell;
  const isFree = active?.model.type === "code" && active.model.sharedModel.getSource() === "";
  if (!isFree) NotebookActions.insertBelow(notebook);
  if (notebook.activeCell?.model.type !== "code") NotebookActions.changeCellType(notebook, "code");
  notebook.activeCell?.model.sharedModel.setSource(code(sources));
  notebook.mode = "edit";
  notebook.activate();
}
