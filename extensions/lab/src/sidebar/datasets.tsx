/** The datasets of the workspace, each with the button that writes the line to open it. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { DatasetRecord } from "../api";
import { formatSize, kindLabel } from "./format";

interface DatasetsProps {
  readonly datasets: readonly DatasetRecord[];
  readonly trans: TranslationBundle;
  readonly onOpen: (path: string) => void;
}

/** The list of datasets. */
export function Datasets({ datasets, trans, onOpen }: DatasetsProps): JSX.Element {
  return (
    <ul className="mus-Datasets" aria-label={trans.__("Datasets")}>
      {datasets.map((record) => (
        <DatasetItem key={record.id} record={record} trans={trans} onOpen={onOpen} />
      ))}
    </ul>
  );
}

interface ItemProps {
  readonly record: DatasetRecord;
  readonly trans: TranslationBundle;
  readonly onOpen: (path: string) => void;
}

function DatasetItem({ record, trans, onOpen }: ItemProps): JSX.Element {
  const title = `mus-dataset-${record.id}`;
  return (
    <li className="mus-Dataset" aria-labelledby={title}>
      <div className="mus-Dataset-head">
        <h4 id={title} className="mus-Dataset-title">
          {record.title}
        </h4>
        {record.synthetic && (
          <span className="mus-Badge" title={trans.__("These data were computed, not measured")}>
            {trans.__("synthetic")}
          </span>
        )}
      </div>
      <code className="mus-Dataset-path">{record.path}</code>
      <p className="mus-Dataset-facts">{facts(record, trans)}</p>
      <button
        type="button"
        className="mus-Button"
        disabled={record.version === null}
        aria-label={trans.__("Insert the line that opens %1", record.title)}
        onClick={() => onOpen(record.path)}
      >
        {trans.__("Insert line that opens it")}
      </button>
    </li>
  );
}

function facts(record: DatasetRecord, trans: TranslationBundle): string {
  const version =
    record.version === null ? trans.__("no version yet") : trans.__("version %1", record.version);
  const size = record.version === null ? "" : formatSize(record.size_bytes);
  return [kindLabel(record.kind, trans), size, version, record.rights]
    .filter((part) => part)
    .join(" · ");
}
