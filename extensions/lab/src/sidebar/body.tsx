/** What is inside the sidebar: people, datasets, and whatever else belongs there. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactNode } from "react";
import type { IWorkspace } from "../workspace";
import { Datasets } from "./datasets";
import { Members } from "./members";
import { Section } from "./section";

interface BodyProps {
  readonly workspace: IWorkspace;
  readonly trans: TranslationBundle;
  readonly onOpen: (path: string) => void;
  /** Sections below the datasets. */
  readonly children?: ReactNode;
}

/** Everything inside the panel. */
export function PanelBody({ workspace, trans, onOpen, children }: BodyProps): JSX.Element {
  const { company, datasets } = workspace;
  const group = company.value?.workgroup;
  return (
    <>
      <div className="mus-Panel-header">
        <p className="mus-Panel-kicker">
          {group ? trans.__("Workgroup") : trans.__("Private space")}
        </p>
        <h2 className="mus-Panel-title">{group?.title ?? trans.__("Your own workspace")}</h2>
      </div>
      <Section
        title={trans.__("People")}
        state={company}
        refreshLabel={trans.__("Refresh people")}
        onRefresh={() => workspace.refreshCompany()}
        trans={trans}
      >
        {(value) => <Members members={value.members} trans={trans} />}
      </Section>
      <Section
        title={trans.__("Datasets")}
        state={datasets}
        refreshLabel={trans.__("Refresh datasets")}
        onRefresh={() => workspace.refreshDatasets()}
        trans={trans}
      >
        {(value) =>
          value.length > 0 ? (
            <Datasets datasets={value} trans={trans} onOpen={onOpen} />
          ) : (
            <Empty trans={trans} />
          )
        }
      </Section>
      {children}
    </>
  );
}

function Empty({ trans }: { trans: TranslationBundle }): JSX.Element {
  return (
    <div className="mus-Notice">
      <p>{trans.__("No datasets yet")}</p>
      <p className="mus-hint">
        {trans.__("Make the first one in a notebook:")} <code>museion.draft("…")</code>
      </p>
    </div>
  );
}
