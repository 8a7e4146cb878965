/** The cube's endpoints on the workspace server, typed by the schemas that Python validates with. */
import type { CubeInfo } from "../generated/cube-info";
import type { Spectrum } from "../generated/spectrum";
import type { ViewerHost, ViewSpec } from "../host";

export type { CubeInfo, Spectrum };

/**
 * What a tile shows between two reflectances: one wavelength as grey, three as red, green
 * and blue, or, with none, the colours an eye sees in daylight.
 */
export interface Style {
  readonly bands: readonly number[];
  readonly low: number | null;
  readonly high: number | null;
}

const DAYLIGHT = "daylight";

export interface TileAddress {
  readonly level: number;
  readonly x: number;
  readonly y: number;
}

export class CubeApi {
  private readonly root: string;
  private readonly version: number;

  constructor(
    private readonly host: ViewerHost,
    spec: ViewSpec,
  ) {
    const path = spec.dataset.split("/").map(encodeURIComponent).join("/");
    this.root = `cubes/${path}/${encodeURIComponent(spec.item)}`;
    this.version = spec.dataset_version;
  }

  info(): Promise<CubeInfo> {
    return this.host.fetchJson(`${this.root}/info?version=${this.version}`);
  }

  spectrum(x: number, y: number, radius: number): Promise<Spectrum> {
    const query = this.query({ x, y, radius });
    return this.host.fetchJson(`${this.root}/spectrum?${query}`);
  }

  async tile(style: Style, { level, x, y }: TileAddress): Promise<ImageBitmap> {
    const limits =
      style.low === null || style.high === null ? {} : { low: style.low, high: style.high };
    const query = this.query({ level, x, y, bands: style.bands.join(",") || DAYLIGHT, ...limits });
    const bytes = await this.host.fetchBytes(`${this.root}/tile?${query}`);
    return createImageBitmap(new Blob([bytes], { type: "image/png" }));
  }

  private query(values: Record<string, string | number>): string {
    const parameters = new URLSearchParams({ version: String(this.version) });
    for (const [name, value] of Object.entries(values)) parameters.set(name, String(value));
    return parameters.toString();
  }
}

/** The recorded wavelength nearest to one that was asked for. */
export function nearestWavelength(info: CubeInfo, nm: number): number {
  return info.wavelength_nm.reduce((best, each) =>
    Math.abs(each - nm) < Math.abs(best - nm) ? each : best,
  );
}
