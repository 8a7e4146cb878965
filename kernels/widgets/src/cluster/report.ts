/**
 * Reads what is said of a cluster, by the server or by a saved notebook.
 *
 * Nothing is believed: whatever is missing or of another kind becomes the plainest value, so that
 * a card can always be drawn.
 */
import type { ClusterReport } from "../generated/cluster";

export type { ClusterReport };
export type ClusterState = ClusterReport["state"];
export type ClusterWorker = Filled["workers"][number];
export type ClusterProgress = Filled["progress"][number];

/** A report without gaps. */
export type Filled = Required<ClusterReport>;

/** Every cluster of the workspace, and what one may do. */
export interface Clusters {
  readonly clusters: readonly Filled[];
  readonly places: readonly string[];
  readonly mayAct: boolean;
}

const STATES: readonly ClusterState[] = ["starting", "running", "failed", "stopped", "silent"];
const KINDS = ["workspace", "local", "slurm", "kubernetes"] as const;
const ID = /^[a-z0-9][a-z0-9-]{0,79}$/;

/** Whether `value` could be a cluster's id, hence part of an address. */
export function isClusterId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

/** The answer to `GET museion/clusters`. */
export function readClusters(data: unknown): Clusters {
  const said = asRecord(data);
  return {
    clusters: asList(said.clusters)
      .map(readReport)
      .filter((each): each is Filled => each !== null),
    places: asList(said.places).filter((each): each is string => typeof each === "string"),
    mayAct: said.may_act === true,
  };
}

/** One report, or null if it does not even say of which cluster. */
export function readReport(data: unknown): Filled | null {
  const said = asRecord(data);
  if (!isClusterId(said.id)) return null;
  const adaptive = asRecord(said.adaptive);
  const error = asRecord(said.error);
  const tasks = asRecord(said.tasks);
  return {
    id: said.id,
    place: asText(said.place),
    place_kind: KINDS.find((kind) => kind === said.place_kind) ?? "workspace",
    name: asText(said.name),
    label: asText(said.label) || said.id,
    state: STATES.find((state) => state === said.state) ?? "silent",
    error: said.error ? { message: asText(error.message), hint: asText(error.hint) } : null,
    workers: asList(said.workers).map(readWorker),
    memory_bytes: asCount(said.memory_bytes),
    wanted: asCount(said.wanted),
    adaptive: said.adaptive
      ? { minimum: asCount(adaptive.minimum), maximum: asCount(adaptive.maximum) }
      : null,
    limit: typeof said.limit === "number" && said.limit > 0 ? Math.floor(said.limit) : null,
    tasks: {
      waiting: asCount(tasks.waiting),
      processing: asCount(tasks.processing),
      memory: asCount(tasks.memory),
      erred: asCount(tasks.erred),
      released: asCount(tasks.released),
    },
    progress: asList(said.progress).map(readProgress),
    idle_s: typeof said.idle_s === "number" ? said.idle_s : null,
    dashboard: said.dashboard === true,
    started: typeof said.started === "string" ? said.started : null,
  };
}

/** How much of what runs is done, from 0 to 1; null if nothing runs. */
export function overallProgress(report: Filled): number | null {
  const total = report.progress.reduce((sum, each) => sum + each.total, 0);
  if (total === 0) return null;
  return report.progress.reduce((sum, each) => sum + each.done, 0) / total;
}

function readWorker(data: unknown): ClusterWorker {
  const said = asRecord(data);
  return {
    name: asText(said.name),
    memory_bytes: asCount(said.memory_bytes),
    memory_limit_bytes: asCount(said.memory_limit_bytes),
    cpu_percent: asCount(said.cpu_percent),
    processing: asCount(said.processing),
  };
}

function readProgress(data: unknown): ClusterProgress {
  const said = asRecord(data);
  const total = asCount(said.total);
  return { name: asText(said.name), done: Math.min(asCount(said.done), total), total };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function asCount(value: unknown): number {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? Math.round(value) : 0;
}
