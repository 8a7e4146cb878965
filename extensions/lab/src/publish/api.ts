/** The workspace server's endpoints for publishing to guests. */
import type { ServerApi } from "../api";

/** A notebook as the workgroup has published it to its guests. */
export interface Snapshot {
  readonly id: string;
  readonly path: string;
  readonly title: string;
  readonly published: string;
  readonly publisher: string;
  /** Where its page is, on the hub. */
  readonly address: string;
}

/** What publishing asks of the server. */
export interface PublishingApi {
  snapshots(): Promise<readonly Snapshot[]>;
  /** Publishes the notebook at `path` as it is now, or replaces what is published of it. */
  publish(path: string): Promise<Snapshot>;
}

/** Asks over HTTP, with the browser's session. */
export class PublishingServer implements PublishingApi {
  constructor(private readonly api: ServerApi) {}

  async snapshots(): Promise<readonly Snapshot[]> {
    const body = await this.api.request<{ snapshots: Snapshot[] }>("snapshots");
    return body.snapshots;
  }

  publish(path: string): Promise<Snapshot> {
    const init = { method: "POST", body: JSON.stringify({ path }) };
    return this.api.request<Snapshot>("snapshots", init);
  }
}
