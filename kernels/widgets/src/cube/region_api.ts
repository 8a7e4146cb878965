/** The endpoints for regions, lines and spectral libraries. */
import type { LibraryEntry } from "../generated/library-entry";
import type { LibrarySearch } from "../generated/library-search";
import type { Profile } from "../generated/profile";
import type { RegionSpectrum } from "../generated/region-spectrum";
import type { ViewerHost } from "../host";
import { type ItemAddress, pathOf } from "./api";
import { type Region, shapeText } from "./region";

export type { LibraryEntry, LibrarySearch, Profile, RegionSpectrum };
export type LibraryHit = LibrarySearch["hits"][number];

export class RegionApi {
  constructor(
    private readonly host: ViewerHost,
    private readonly address: ItemAddress,
  ) {}

  spectrum(region: Region): Promise<RegionSpectrum> {
    return this.host.fetchJson(this.path("region", { shape: shapeText(region) }));
  }

  profile(line: Region, bands: readonly number[]): Promise<Profile> {
    const query = { shape: shapeText(line), bands: bands.join(",") };
    return this.host.fetchJson(this.path("profile", query));
  }

  search(words: string): Promise<LibrarySearch> {
    return this.host.fetchJson(`libraries?${new URLSearchParams({ q: words })}`);
  }

  entry(hit: LibraryHit): Promise<LibraryEntry> {
    const query = new URLSearchParams({
      version: String(hit.dataset_version),
      entry: String(hit.entry),
    });
    return this.host.fetchJson(`libraries/${pathOf(hit)}/spectrum?${query}`);
  }

  private path(endpoint: string, query: Record<string, string>): string {
    const version = String(this.address.dataset_version);
    const all = new URLSearchParams({ version, ...query });
    return `cubes/${pathOf(this.address)}/${endpoint}?${all}`;
  }
}
