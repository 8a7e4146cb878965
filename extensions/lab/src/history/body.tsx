/** What is inside the history panel: the versions by day, and one of them compared. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Loadable } from "../workspace";
import type { HistoryModel } from "./model";
import type { Change, Comparison, Version } from "./versions";
import * as words from "./words";

interface BodyProps {
  readonly model: HistoryModel;
  readonly trans: TranslationBundle;
  readonly onRestore: (version: Version) => void;
}

/** Everything inside the panel. */
export function HistoryBody({ model, trans, onRestore }: BodyProps): JSX.Element {
  const { history, path } = model;
  return (
    <>
      <div className="mus-Panel-header">
        <p className="mus-Panel-kicker">{trans.__("History")}</p>
        <h2 className="mus-Panel-title">{path === null ? trans.__("No document") : name(path)}</h2>
      </div>
      <p className="mus-History-news" role="status">
        {model.news}
      </p>
      {path === null ? (
        <p className="mus-hint">{trans.__("Open a notebook or a text to see its versions.")}</p>
      ) : (
        <section
          className="mus-Section"
          aria-label={trans.__("Versions")}
          aria-busy={history.isLoading}
        >
          <div className="mus-Section-head">
            <h3 className="mus-Section-title">{trans.__("Versions")}</h3>
            <button type="button" className="mus-Button" onClick={() => void model.refresh()}>
              {trans.__("Refresh")}
            </button>
          </div>
          <Trouble state={history} trans={trans} />
          <Versions model={model} trans={trans} onRestore={onRestore} />
        </section>
      )}
    </>
  );
}

function Trouble({
  state,
  trans,
}: {
  state: HistoryModel["history"];
  trans: TranslationBundle;
}): JSX.Element {
  return (
    <>
      <Failure state={state} />
      {Object.entries(state.value?.troubles ?? {}).map(([task, isFull]) => (
        <div key={task} className="mus-Notice" role="alert">
          <p>{words.troubleLabel(task, isFull, trans)}</p>
        </div>
      ))}
    </>
  );
}

function Failure({ state }: { state: Loadable<unknown> }): JSX.Element | null {
  if (!state.error) return null;
  return (
    <div className="mus-Notice" role="alert">
      <p>{state.error.message}</p>
      <p className="mus-hint">{state.error.hint}</p>
    </div>
  );
}

function Versions({ model, trans, onRestore }: BodyProps): JSX.Element {
  const versions = model.history.value?.versions;
  if (!versions) return <p className="mus-hint">{trans.__("Loading …")}</p>;
  if (versions.length === 0) return <p className="mus-hint">{trans.__("No version yet.")}</p>;
  return (
    <>
      {days(versions).map(([day, ofDay]) => (
        <div key={day} className="mus-History-day">
          <h4 className="mus-History-date">{day}</h4>
          <ul aria-label={day}>
            {ofDay.map((version) => (
              <VersionItem
                key={version.number}
                {...{ version, model, trans }}
                onRestore={onRestore}
              />
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

interface ItemProps extends BodyProps {
  readonly version: Version;
}

function VersionItem({ version, model, trans, onRestore }: ItemProps): JSX.Element {
  const isOpen = model.selected === version.number;
  const details = `mus-version-${version.number}`;
  return (
    <li className="mus-Version">
      <button
        type="button"
        className="mus-Version-head"
        aria-expanded={isOpen}
        aria-controls={isOpen ? details : undefined}
        onClick={() => void model.select(version.number)}
      >
        <span className="mus-Version-time">{words.timeLabel(version)}</span>
        <span className="mus-Version-authors">{words.authorsLabel(version, trans)}</span>
        <span className="mus-Version-reason">{words.reasonLabel(version.reason, trans)}</span>
      </button>
      {isOpen && (
        <div id={details} className="mus-Version-details" aria-busy={model.comparison.isLoading}>
          <Details {...{ version, model, trans, onRestore }} />
        </div>
      )}
    </li>
  );
}

function Details({ version, model, trans, onRestore }: ItemProps): JSX.Element {
  const comparison = model.comparison.value;
  const mayRestore = model.history.value?.may_restore === true;
  return (
    <>
      <Failure state={model.comparison} />
      {comparison ? (
        <Compared comparison={comparison} trans={trans} />
      ) : (
        !model.comparison.error && <p className="mus-hint">{trans.__("Comparing …")}</p>
      )}
      {comparison && comparison.changes.length > 0 && mayRestore && (
        <button type="button" className="mus-Button" onClick={() => onRestore(version)}>
          {trans.__("Bring this version back …")}
        </button>
      )}
    </>
  );
}

function Compared({
  comparison,
  trans,
}: {
  comparison: Comparison;
  trans: TranslationBundle;
}): JSX.Element {
  return (
    <>
      <p>{words.summaryLabel(comparison, trans)}</p>
      {comparison.changes.map((change) => (
        <Part key={`${change.change}-${change.number}`} change={change} trans={trans} />
      ))}
      {comparison.is_cut && <p className="mus-hint">{trans.__("Not all lines are shown.")}</p>}
    </>
  );
}

function Part({ change, trans }: { change: Change; trans: TranslationBundle }): JSX.Element {
  return (
    <div className="mus-Change">
      <h5 className="mus-Change-title">{words.changeLabel(change, trans)}</h5>
      {change.lines.length > 0 && (
        <ul
          className="mus-Change-lines"
          aria-label={words.changeLabel(change, trans)}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys
          tabIndex={0}
        >
          {change.lines.map(([sign, text], index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
            <li key={index} data-sign={sign}>
              <span aria-hidden="true">{sign}</span>
              <span className="mus-unseen">{words.signLabel(sign, trans)}</span>
              <code>{text}</code>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function days(versions: readonly Version[]): [string, Version[]][] {
  const found = new Map<string, Version[]>();
  for (const version of versions) {
    const day = words.dayLabel(version);
    found.set(day, [...(found.get(day) ?? []), version]);
  }
  return [...found];
}

function name(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
