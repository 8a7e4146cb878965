/** The endpoints of maps and images on the workspace server. */
import type { Histogram } from "../generated/histogram";
import type { MapInfo } from "../generated/map-info";
import type { ViewerHost } from "../host";
import { type ItemAddress, pathOf } from "./api";
import type { Look, TileAddress } from "./tiles";

export type { MapInfo };

/** What a tile of a map shows. */
export interface MapStyle {
  readonly plane: number;
  /** Name of a ramp; without meaning for classes and images. */
  readonly ramp: string;
  readonly low: number | null;
  readonly high: number | null;
}

type Query = Record<string, string | number>;

export class MapApi {
  private readonly root: string;

  constructor(
    private readonly host: ViewerHost,
    private readonly address: ItemAddress,
    /** Which of the item's variables; the server's choice if empty. */
    private readonly variable: string,
  ) {
    this.root = `maps/${pathOf(address)}`;
  }

  info(): Promise<MapInfo> {
    return this.host.fetchJson(`${this.root}/info?${this.query({})}`);
  }

  histogram({ plane }: MapStyle): Promise<Histogram> {
    return this.host.fetchJson(`${this.root}/histogram?${this.query({ plane })}`);
  }

  look({ plane, ramp, low, high }: MapStyle): Look {
    const limits: Query = low === null || high === null ? {} : { low, high };
    const shown: Query = { plane, ramp, ...limits };
    return { key: JSON.stringify(shown), tile: (address) => this.tile(shown, address) };
  }

  private async tile(shown: Query, address: TileAddress): Promise<ImageBitmap> {
    const query = this.query({ ...shown, ...address });
    const bytes = await this.host.fetchBytes(`${this.root}/tile?${query}`);
    return createImageBitmap(new Blob([bytes], { type: "image/png" }));
  }

  private query(values: Query): string {
    const parameters = new URLSearchParams({ version: String(this.address.dataset_version) });
    if (this.variable !== "") parameters.set("variable", this.variable);
    for (const [name, value] of Object.entries(values)) parameters.set(name, String(value));
    return parameters.toString();
  }
}
