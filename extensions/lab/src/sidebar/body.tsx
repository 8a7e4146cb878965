/** What is inside the sidebar: people above, datasets below. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactNode } from "react";
import type { IWorkspace, Loadable } from "../workspace";
import { Datasets } from "./datasets";
import { Members } from "./members";

interface BodyProps {
  readonly workspace: IWorkspace;
  readonly trans: TranslationBundle;
  readonly onOpen: (path: string) => void;
}

/** Everything inside the panel. */
export function PanelBody({ workspace, trans, onOpen }: BodyProps): JSX.Element {
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
    </>
  );
}

interface SectionProps<T> {
  readonly title: string;
  readonly state: Loadable<T>;
  readonly refreshLabel: string;
  readonly onRefresh: () => Promise<void>;
  readonly trans: TranslationBundle;
  readonly children: (value: T) => ReactNode;
}

function Section<T>(props: SectionProps<T>): JSX.Element {
  const { title, state, refreshLabel, onRefresh, trans, children } = props;
  return (
    <section className="mus-Section" aria-label={title} aria-busy={state.isLoading}>
      <div className="mus-Section-head">
        <h3 className="mus-Section-title">{title}</h3>
        <button
          type="button"
          className="mus-IconButton"
          aria-label={refreshLabel}
          title={refreshLabel}
          onClick={() => void onRefresh()}
        >
          <RefreshIcon />
        </button>
      </div>
      {state.error && (
        <div className="mus-Notice" role="alert">
          <p>{state.error.message}</p>
          <p className="mus-hint">{state.error.hint}</p>
        </div>
      )}
      {state.value !== null
        ? children(state.value)
        : !state.error && <p className="mus-hint">{trans.__("Loading …")}</p>}
    </section>
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

function RefreshIcon(): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" width="16" height="16" aria-hidden="true">
      <path
        fill="currentColor"
        d="M12 5a7 7 0 1 0 6.9 8.200h-2.1A5 5 0 1 1 12 7c1.4 0 2.6.6 3.5 1.500L13 11h7V4l-3 3A7 7 0 0 0 12 5z"
      />
    </svg>
  );
}
