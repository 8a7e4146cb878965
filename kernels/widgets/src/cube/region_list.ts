/**
 * The regions and their spectra.
 *
 * A region's colour and letter follow from its place in the list: outline, curve and row
 * agree. Colours are taken from the palette's end, so that they differ from the first spots'.
 */
import type { Disposable, ListLink } from "../host";
import type { Series } from "./display";
import { colorOf } from "./picks";
import { MAX_REGIONS, type Region, shapeText } from "./region";
import type { RegionSpectrum } from "./region_api";
import { TEXTS } from "./texts";

export interface MarkedRegion {
  readonly region: Region;
  /** A, B, … Z, AA, … */
  readonly mark: string;
  readonly color: string;
  readonly spectrum: RegionSpectrum | null;
}

export class RegionList implements Disposable {
  private regions: readonly Region[];
  private readonly spectra = new Map<string, RegionSpectrum | "asked" | "failed">();
  private readonly subscription: Disposable | null;

  constructor(
    private readonly fetchSpectrum: (region: Region) => Promise<RegionSpectrum>,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
    private readonly link: ListLink<Region> | null,
    initial: readonly Region[],
  ) {
    const linked = link?.get() ?? [];
    this.regions = (linked.length > 0 ? linked : initial).slice(0, MAX_REGIONS);
    this.subscription = link?.subscribe((regions) => this.show(regions)) ?? null;
    this.fetchMissing();
  }

  get all(): readonly Region[] {
    return this.regions;
  }

  get marked(): MarkedRegion[] {
    return this.regions.map((region, index) => {
      const spectrum = this.spectra.get(shapeText(region));
      return {
        region,
        mark: letters(index),
        color: colorOf(-1 - index),
        spectrum: typeof spectrum === "object" ? spectrum : null,
      };
    });
  }

  /** @returns The new region, or null if there is no room. */
  add(drawn: Pick<Region, "shape" | "parts" | "radius">): Region | null {
    if (this.regions.length >= MAX_REGIONS) {
      this.onError(new Error(TEXTS.tooManyRegions(MAX_REGIONS)));
      return null;
    }
    const region: Region = {
      ...drawn,
      id: crypto.randomUUID(),
      label: this.freeLabel(drawn.shape),
    };
    this.change([...this.regions, region]);
    return region;
  }

  /** Draws a region anew; its name and author stay. */
  redraw(id: string, drawn: Pick<Region, "parts" | "radius">): void {
    this.change(this.regions.map((each) => (each.id === id ? { ...each, ...drawn } : each)));
  }

  rename(id: string, label: string): void {
    this.change(this.regions.map((each) => (each.id === id ? { ...each, label } : each)));
  }

  remove(id: string): void {
    this.change(this.regions.filter((each) => each.id !== id));
  }

  clear(): void {
    this.change([]);
  }

  dispose(): void {
    this.subscription?.dispose();
  }

  private change(regions: readonly Region[]): void {
    this.show(regions);
    this.link?.set(regions);
  }

  private show(regions: readonly Region[]): void {
    this.regions = regions.slice(0, MAX_REGIONS);
    this.fetchMissing();
    this.onChange();
  }

  private fetchMissing(): void {
    for (const region of this.regions) {
      const key = shapeText(region);
      if (this.spectra.has(key)) continue;
      this.spectra.set(key, "asked");
      this.fetchSpectrum(region)
        .then((spectrum) => {
          this.spectra.set(key, spectrum);
          this.onChange();
        })
        .catch((error: unknown) => {
          this.spectra.set(key, "failed");
          this.onError(error);
        });
    }
  }

  private freeLabel(shape: Region["shape"]): string {
    const used = new Set(this.regions.map(({ label }) => label));
    const kind = TEXTS.shapes[shape];
    let number = 1;
    while (used.has(`${kind} ${number}`)) number += 1;
    return `${kind} ${number}`;
  }
}

/**
 * The spectrum of all pixels of several regions together: each counts by its pixels, and the
 * spread holds that within the regions and that between them. A pixel in two counts twice.
 */
export function pooled(spectra: readonly RegionSpectrum[]): Series | null {
  const [first] = spectra;
  if (!first) return null;
  const places = first.coordinate;
  const bands = places.map((_, band) => {
    const known = spectra.flatMap(({ count, mean, std }) => {
      const [value, spread] = [mean[band] ?? null, std[band] ?? null];
      return value === null ? [] : [{ count, value, spread: spread ?? 0 }];
    });
    const total = known.reduce((sum, { count }) => sum + count, 0);
    if (total === 0) return null;
    const mean = known.reduce((sum, { count, value }) => sum + count * value, 0) / total;
    const squares = known.reduce(
      (sum, { count, value, spread }) => sum + count * (spread ** 2 + (value - mean) ** 2),
      0,
    );
    return { mean, std: Math.sqrt(squares / total) };
  });
  return {
    places,
    mean: bands.map((each) => each?.mean ?? null),
    std: bands.map((each) => each?.std ?? null),
  };
}

/** A, B, … Z, AA, AB, … */
export function letters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
