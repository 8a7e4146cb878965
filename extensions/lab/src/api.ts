/**
 * The workspace server's own endpoints, as the panels use them.
 *
 * Every failure becomes an `ApiError` with one sentence and a hint, whether the server
 * said so, something else answered, or nothing did.
 */
import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";

/** A dataset this workspace may open. */
export interface DatasetRecord {
  readonly id: string;
  readonly path: string;
  readonly title: string;
  readonly kind: string;
  readonly rights: string;
  readonly synthetic: boolean;
  readonly description: string;
  readonly version: number | null;
  readonly size_bytes: number;
  readonly created: string;
}

/** A person of this workspace. */
export interface Member {
  readonly username: string;
  readonly display_name: string;
  readonly initials: string;
  readonly color: string;
  readonly role: string | null;
  readonly is_here: boolean;
  readonly is_you: boolean;
}

/** The workgroup, if this is one's workspace, and its people. */
export interface Company {
  readonly workgroup: { readonly slug: string; readonly title: string } | null;
  readonly members: readonly Member[];
  /** False for somebody who may only look. */
  readonly may_write?: boolean;
}

/** What the panels ask of the server. */
export interface WorkspaceApi {
  datasets(): Promise<readonly DatasetRecord[]>;
  company(): Promise<Company>;
  /** Says that this browser is here. */
  beat(): Promise<void>;
}

/** Something that did not work, said to a person. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Asks over HTTP, with the browser's session. */
export class ServerApi implements WorkspaceApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  async datasets(): Promise<readonly DatasetRecord[]> {
    const body = await this.request<{ datasets: DatasetRecord[] }>("datasets");
    return body.datasets;
  }

  company(): Promise<Company> {
    return this.request<Company>("members");
  }

  async beat(): Promise<void> {
    await this.request("presence", { method: "POST" });
  }

  /** Asks for something below `museion/`; every failure becomes an `ApiError`. */
  async request<T>(path: string, init: RequestInit = {}): Promise<T> {
    const url = URLExt.join(this.settings.baseUrl, "museion", path);
    const response = await this.reach(url, init);
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok || body === undefined) throw unhappy(response.status, body);
    return body as T;
  }

  private async reach(url: string, init: RequestInit): Promise<Response> {
    try {
      return await ServerConnection.makeRequest(url, init, this.settings);
    } catch (error) {
      if (!(error instanceof ServerConnection.NetworkError)) throw error;
      throw new ApiError(
        "The workspace does not answer",
        "Check your connection; what you typed is kept and sent when it is back.",
      );
    }
  }
}

/** What to tell a person about any error. */
export function explain(error: unknown): { message: string; hint: string } {
  const hint = (error as { hint?: unknown } | null)?.hint;
  return {
    message: error instanceof Error ? error.message : String(error),
    hint:
      typeof hint === "string" && hint
        ? hint
        : "Reload the page; if that does not help, tell the lead.",
  };
}

function unhappy(status: number, body: unknown): ApiError {
  const said = body as { message?: unknown; hint?: unknown } | null | undefined;
  return new ApiError(
    typeof said?.message === "string" ? said.message : `The workspace answered: ${status}`,
    typeof said?.hint === "string" ? said.hint : "Reload the page and sign in again.",
  );
}
