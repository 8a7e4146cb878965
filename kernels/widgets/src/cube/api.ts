/** The cube's endpoints on the workspace server, typed by the schemas that Python validates with. */
import type { CubeInfo } from "../generated/cube-info";
import type { Histogram } from "../generated/histogram";
import type { Spectrum } from "../generated/spectrum";
import type { ViewerHost } from "../host";
import type { Look, TileAddress } from "./tiles";

export type { CubeInfo, Histogram, Spectrum };

/** Which item of which version: what every address on the server begins with. */
export interface ItemAddress {
  readonly dataset: string;
  readonly dataset_version: number;
  readonly item: string;
}

/**
 * What a tile shows between two values: one band as grey, three as red, green and
 * blue, or, with none, the colours an eye sees under an illuminant.
 */
export interface Style {
  readonly bands: readonly number[];
  readonly low: number | null;
  readonly high: number | null;
  /** Counts are added over this width around each band, in the axis' units. */
  readonly window?: number;
  /** Of the colours; the server's first where it is not said. */
  readonly illuminant?: string;
}

const DAYLIGHT = "daylight";

export class CubeApi {
  private readonly root: string;
  private readonly version: number;

  constructor(
    readonly host: ViewerHost,
    address: ItemAddress,
  ) {
    this.root = `cubes/${pathOf(address)}`;
    this.version = address.dataset_version;
  }

  info(): Promise<CubeInfo> {
    return this.host.fetchJson(`${this.root}/info?version=${this.version}`);
  }

  spectrum(x: number, y: number, radius: number): Promise<Spectrum> {
    const query = this.query({ x, y, radius });
    return this.host.fetchJson(`${this.root}/spectrum?${query}`);
  }

  /** How often which value occurs in the bands of a style. */
  histogram(style: Style): Promise<Histogram> {
    return this.host.fetchJson(`${this.root}/histogram?${this.query(shownBands(style))}`);
  }

  look(style: Style): Look {
    const limits =
      style.low === null || style.high === null ? {} : { low: style.low, high: style.high };
    const shown = { ...shownBands(style), ...limits };
    return {
      key: JSON.stringify(shown),
      tile: (address) => this.tile({ ...shown, ...address }),
    };
  }

  private async tile(values: TileAddress & Record<string, string | number>): Promise<ImageBitmap> {
    const bytes = await this.host.fetchBytes(`${this.root}/tile?${this.query(values)}`);
    return createImageBitmap(new Blob([bytes], { type: "image/png" }));
  }

  private query(values: Record<string, string | number>): string {
    const parameters = new URLSearchParams({ version: String(this.version) });
    for (const [name, value] of Object.entries(values)) parameters.set(name, String(value));
    return parameters.toString();
  }
}

/** `<workgroup>/<dataset>/<item>`, as a part of an address. */
export function pathOf({ dataset, item }: ItemAddress): string {
  return [...dataset.split("/"), item].map(encodeURIComponent).join("/");
}

function shownBands({ bands, illuminant, window }: Style): Record<string, string> {
  if (bands.length > 0) {
    return { bands: bands.join(","), ...(window ? { window: String(window) } : {}) };
  }
  return illuminant === undefined ? { bands: DAYLIGHT } : { bands: DAYLIGHT, illuminant };
}

/** The band's place on the axis nearest to one that was asked for. */
export function nearestPlace(info: CubeInfo, place: number): number {
  return info.coordinate.reduce((best, each) =>
    Math.abs(each - place) < Math.abs(best - place) ? each : best,
  );
}
