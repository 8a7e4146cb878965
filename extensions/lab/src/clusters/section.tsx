/** The clusters in the sidebar: starting one, and a card for each that there is. */
import type { TranslationBundle } from "@jupyterlab/translation";
import {
  type ClusterReport,
  type ClusterWatch,
  type Known,
  mountCluster,
} from "@museion/widgets/lib/cluster/index";
import { useEffect, useRef, useState } from "react";
import { Section } from "../sidebar/section";
import { StartForm } from "./start";

interface ClustersProps {
  readonly watch: ClusterWatch;
  readonly trans: TranslationBundle;
  /** Writes the line that connects a notebook to the cluster of this name. */
  readonly onConnect: (name: string) => void;
}

/** What is known of the clusters, drawn again whenever that changes. */
export function useClusters(watch: ClusterWatch): Known {
  const [known, setKnown] = useState(watch.now);
  useEffect(() => {
    const following = watch.subscribe(setKnown);
    return () => following.dispose();
  }, [watch]);
  return known;
}

export function Clusters({ watch, trans, onConnect }: ClustersProps): JSX.Element {
  const { clusters, trouble } = useClusters(watch);
  return (
    <Section
      title={trans.__("Clusters")}
      state={{ value: clusters, isLoading: false, error: clusters ? null : trouble }}
      refreshLabel={trans.__("Refresh clusters")}
      onRefresh={() => watch.refresh()}
      trans={trans}
    >
      {(value) => (
        <>
          {value.clusters.length === 0 && (
            <p className="mus-hint mus-Clusters-none">
              {trans.__("None is running. In a notebook:")} <code>museion.cluster(workers=2)</code>
            </p>
          )}
          <ul className="mus-Clusters" aria-label={trans.__("Clusters")}>
            {value.clusters.map((report) => (
              <li key={report.id}>
                <Card report={report} watch={watch} />
                {report.name && report.state !== "failed" && value.mayAct && (
                  <button
                    type="button"
                    className="mus-Button mus-Clusters-connect"
                    aria-label={trans.__("Insert the line that connects to %1", report.label)}
                    onClick={() => onConnect(report.name)}
                  >
                    {trans.__("Insert line that connects")}
                  </button>
                )}
              </li>
            ))}
          </ul>
          {value.mayAct && <StartForm watch={watch} places={value.places} trans={trans} />}
        </>
      )}
    </Section>
  );
}

function Card({ report, watch }: { report: ClusterReport; watch: ClusterWatch }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const first = useRef(report); // how it was when it came; the card follows it from there
  useEffect(() => {
    if (!place.current) return undefined;
    const card = mountCluster(place.current, first.current, watch);
    return () => card.dispose();
  }, [watch]);
  return <div ref={place} />;
}
