/** Clusters in the status bar: how many there are, and how far the slowest one's work is. */
import type { TranslationBundle } from "@jupyterlab/translation";
import {
  type ClusterReport,
  type ClusterWatch,
  formatPercent,
  overallProgress,
} from "@museion/widgets/lib/cluster/index";
import { useClusters } from "./section";

/** What the bar says of the clusters that are there. */
export interface Summary {
  readonly count: number;
  /** From 0 to 1; null while nothing runs. */
  readonly part: number | null;
  readonly failed: number;
}

export function summarise(clusters: readonly ClusterReport[]): Summary {
  const lively = clusters.filter(({ state }) => state === "running" || state === "starting");
  const parts = lively.map(overallProgress).filter((part): part is number => part !== null);
  return {
    count: lively.length,
    part: parts.length > 0 ? Math.min(...parts) : null,
    failed: clusters.filter(({ state }) => state === "failed").length,
  };
}

interface StatusProps {
  readonly watch: ClusterWatch;
  readonly trans: TranslationBundle;
  readonly onOpen: () => void;
}

/** The item of the status bar; empty while there is no cluster. */
export function StatusBody({ watch, trans, onOpen }: StatusProps): JSX.Element | null {
  const { clusters } = useClusters(watch);
  const { count, part, failed } = summarise(clusters?.clusters ?? []);
  if (count + failed === 0) return null;
  const words = [
    count > 0 ? trans._n("%1 cluster", "%1 clusters", count) : "",
    failed > 0 ? trans._n("%1 cluster failed", "%1 clusters failed", failed) : "",
  ];
  return (
    <button
      type="button"
      className="mus-Status-item"
      title={trans.__("Show the clusters of this workspace")}
      onClick={onOpen}
    >
      <span>{words.filter(Boolean).join(", ")}</span>
      {part !== null && (
        <>
          <progress max={1} value={part} aria-label={trans.__("Work of the clusters")} />
          <span>{formatPercent(part)}</span>
        </>
      )}
    </button>
  );
}
