/** The model's endpoints on the workspace server. */
import type { TileAddress } from "../cube/pyramid";
import type { RtiInfo } from "../generated/rti-info";
import type { ViewerHost, ViewSpec } from "../host";

export type { RtiInfo };

export class RtiApi {
  private readonly root: string;
  private readonly version: number;

  constructor(
    private readonly host: ViewerHost,
    spec: ViewSpec,
  ) {
    const path = spec.dataset.split("/").map(encodeURIComponent).join("/");
    this.root = `rti/${path}/${encodeURIComponent(spec.item)}`;
    this.version = spec.dataset_version;
  }

  info(): Promise<RtiInfo> {
    return this.host.fetchJson(`${this.root}/info?version=${this.version}`);
  }

  /** Planes of a tile, three in a colour, one group below the other; bytes as they were sent. */
  async tile({ level, x, y }: TileAddress): Promise<ImageBitmap> {
    const query = `version=${this.version}&level=${level}&x=${x}&y=${y}`;
    const bytes = await this.host.fetchBytes(`${this.root}/tile?${query}`);
    return createImageBitmap(new Blob([bytes], { type: "image/png" }), {
      premultiplyAlpha: "none",
      colorSpaceConversion: "none",
    });
  }
}
