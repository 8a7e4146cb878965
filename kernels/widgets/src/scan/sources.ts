/** Where a scan's head and pages come from. */
import type { KernelAnswer } from "../asking";
import { HostError, type ViewerHost, type ViewLink, type ViewSpec } from "../host";
import { TEXTS } from "./texts";

/** Bytes of a scan, as they are stored. */
export interface ScanSource {
  head(): Promise<ArrayBuffer>;
  /** Several pages in one answer, as `parseBatch` reads it. */
  pages(groups: readonly number[]): Promise<ArrayBuffer>;
}

/** A scan of a dataset, from the workspace's server. */
export class ServedScan implements ScanSource {
  constructor(
    private readonly host: ViewerHost,
    private readonly spec: ViewSpec,
  ) {}

  head(): Promise<ArrayBuffer> {
    return this.host.fetchBytes(scanPath(this.spec, "head"));
  }

  pages(groups: readonly number[]): Promise<ArrayBuffer> {
    return this.host.fetchBytes(`${scanPath(this.spec, "pages")}&ids=${groups.join(",")}`);
  }
}

/** Address of a part of a scan on the workspace's server, as `pages`. */
export function scanPath(spec: ViewSpec, part: string): string {
  const dataset = spec.dataset.split("/").map(encodeURIComponent).join("/");
  const item = encodeURIComponent(spec.item);
  return `scans/${dataset}/${item}/${part}?version=${spec.dataset_version}`;
}

type Asks = NonNullable<ViewLink["ask"]>;

/** A mesh that lives in the kernel only, or a scan whose server can't be reached. */
export class KernelScan implements ScanSource {
  /** @param ask - Asks the view's widget; null: there is none. */
  constructor(private readonly ask: Asks | null) {}

  head(): Promise<ArrayBuffer> {
    return this.bytes({ ask: "head" });
  }

  pages(groups: readonly number[]): Promise<ArrayBuffer> {
    return this.bytes({ ask: "pages", ids: groups });
  }

  private async bytes(question: object): Promise<ArrayBuffer> {
    const answer = await this.answer(question);
    if (typeof answer.trouble === "string") {
      throw new HostError(answer.trouble, 422, "", "integrity");
    }
    const [buffer] = Array.isArray(answer.buffers) ? answer.buffers : [];
    if (buffer instanceof ArrayBuffer) return buffer;
    if (ArrayBuffer.isView(buffer)) {
      const { byteOffset, byteLength } = buffer;
      return buffer.buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    }
    throw new HostError(TEXTS.noKernel, 503, TEXTS.noKernelHint);
  }

  private async answer(question: object): Promise<KernelAnswer> {
    try {
      if (this.ask) return await this.ask(question);
    } catch (error) {
      console.warn(error);
    }
    throw new HostError(TEXTS.noKernel, 503, TEXTS.noKernelHint);
  }
}

/**
 * A scan of a dataset; where the workspace's server has no such route, its kernel answers.
 *
 * An answer of the kernel reaches every browser that has the notebook open, so the server is
 * asked first, and its own "no" is final.
 */
export class ScanWithFallback implements ScanSource {
  private chosen: ScanSource;

  constructor(
    served: ScanSource,
    private readonly kernel: ScanSource | null,
  ) {
    this.chosen = served;
  }

  async head(): Promise<ArrayBuffer> {
    try {
      return await this.chosen.head();
    } catch (error) {
      if (!this.kernel || !isNobody(error)) throw error;
      const head = await this.kernel.head().catch(() => {
        throw error;
      });
      this.chosen = this.kernel;
      return head;
    }
  }

  pages(groups: readonly number[]): Promise<ArrayBuffer> {
    return this.chosen.pages(groups);
  }
}

/** Where a view's scan comes from. */
export function sourceOf(spec: ViewSpec, host: ViewerHost, link: ViewLink | null): ScanSource {
  const ask = link?.ask ? link.ask.bind(link) : null;
  if (spec.options?.source === "kernel") return new KernelScan(ask);
  return new ScanWithFallback(new ServedScan(host, spec), ask && new KernelScan(ask));
}

/** Whether no server of ours answered. */
function isNobody(error: unknown): boolean {
  if (!(error instanceof HostError)) return true;
  return error.kind === "" && error.status === 404;
}

/** What a failed request for pages means. */
export type Failure =
  /** These pages can't be had; others can. */
  | "page"
  /** Nobody answers now; later somebody may. */
  | "connection"
  /** The person must do something first. */
  | "refusal";

export function failureOf(error: unknown): Failure {
  if (!(error instanceof HostError)) return "connection";
  const { kind, status } = error;
  if (status === 401 || status === 403) return "refusal";
  return kind === "integrity" || status === 404 || status === 422 ? "page" : "connection";
}
