/** A part of the sidebar: its title, what went wrong, and what there is. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactNode } from "react";
import type { Loadable } from "../workspace";

interface SectionProps<T> {
  readonly title: string;
  readonly state: Loadable<T>;
  readonly refreshLabel: string;
  readonly onRefresh: () => Promise<void>;
  readonly trans: TranslationBundle;
  readonly children: (value: T) => ReactNode;
}

export function Section<T>(props: SectionProps<T>): JSX.Element {
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
