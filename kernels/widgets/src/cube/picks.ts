/**
 * The picked places and their spectra.
 *
 * A pick's colour and number follow from its place in the list, so marker, curve and
 * row always agree. Changes made here go to the link; changes from the link come here.
 * All picks are marked on the image; of the last `MAX_CURVES` the spectra are read and shown.
 */
import type { Disposable, ListKind, Pick, PickLink } from "../host";
import type { Spectrum } from "./api";
import { isPick } from "./options";

/** Distinct for colour-blind eyes and on light and dark grounds (after Okabe and Ito). */
export const PICK_COLORS = [
  "#0b78c2",
  "#d55e00",
  "#0a9470",
  "#c2569a",
  "#c98a00",
  "#4fa3d8",
  "#8b6fc0",
  "#8a8a1a",
] as const;

export const MAX_PICKS = 10_000;
export const MAX_CURVES = 32;
const READ_AT_ONCE = 6;

export const PICKS: ListKind<Pick> = {
  trait: "picks",
  is: isPick,
  keyOf: ({ x, y }) => `${x},${y}`,
};

export interface PickedSpectrum {
  readonly pick: Pick;
  readonly number: number;
  readonly color: string;
  readonly spectrum: Spectrum | null;
}

type FetchSpectrum = (x: number, y: number, radius: number) => Promise<Spectrum>;

export class PickList implements Disposable {
  private picks: readonly Pick[] = [];
  private readonly spectra = new Map<string, Spectrum | "asked">();
  private readonly subscription: Disposable | null;

  constructor(
    private readonly fetchSpectrum: FetchSpectrum,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
    private readonly link: PickLink | null,
    initial: readonly Pick[],
  ) {
    const linked = link?.get() ?? [];
    this.picks = this.bounded(linked.length > 0 ? linked : initial);
    this.subscription = link?.subscribe((picks) => this.show(picks)) ?? null;
    this.fetchMissing();
  }

  get all(): readonly Pick[] {
    return this.picks;
  }

  /** Every pick; with its spectrum, if that was read. */
  get marked(): PickedSpectrum[] {
    return this.picks.map((pick, index) => {
      const spectrum = this.spectra.get(keyOf(pick));
      return {
        pick,
        number: index + 1,
        color: colorOf(index),
        spectrum: spectrum === undefined || spectrum === "asked" ? null : spectrum,
      };
    });
  }

  /** The last picks, whose spectra are shown. */
  get spectraShown(): PickedSpectrum[] {
    return this.marked.slice(-MAX_CURVES);
  }

  /** Every pick with its spectrum; reads those that are missing, a few at a time. */
  async readAll(progress: (read: number) => void): Promise<PickedSpectrum[]> {
    const missing = this.picks.filter((pick) => !this.has(pick)).values();
    let read = 0;
    const reader = async () => {
      for (const pick of missing) {
        this.spectra.set(keyOf(pick), await this.fetchSpectrum(pick.x, pick.y, pick.radius));
        read += 1;
        progress(read);
      }
    };
    await Promise.all(Array.from({ length: READ_AT_ONCE }, reader));
    return this.marked;
  }

  add(x: number, y: number, radius: number): void {
    if (this.picks.length >= MAX_PICKS) {
      this.onError(new Error(`There are ${MAX_PICKS} spots, and no room for more`));
      return;
    }
    this.change([...this.picks, { x, y, radius, label: freeLabel(this.picks) }]);
  }

  remove(index: number): void {
    this.change(this.picks.filter((_, each) => each !== index));
  }

  rename(index: number, label: string): void {
    this.change(this.picks.map((pick, each) => (each === index ? { ...pick, label } : pick)));
  }

  setRadius(radius: number): void {
    this.change(this.picks.map((pick) => ({ ...pick, radius })));
  }

  clear(): void {
    this.change([]);
  }

  dispose(): void {
    this.subscription?.dispose();
  }

  private change(picks: readonly Pick[]): void {
    this.show(picks);
    this.link?.set(picks);
  }

  private show(picks: readonly Pick[]): void {
    this.picks = this.bounded(picks);
    this.fetchMissing();
    this.onChange();
  }

  private bounded(picks: readonly Pick[]): readonly Pick[] {
    if (picks.length <= MAX_PICKS) return picks;
    const message = `Only the first ${MAX_PICKS} of ${picks.length} spots are shown`;
    this.onError(new Error(message));
    return picks.slice(0, MAX_PICKS);
  }

  private has(pick: Pick): boolean {
    const known = this.spectra.get(keyOf(pick));
    return known !== undefined && known !== "asked";
  }

  private fetchMissing(): void {
    for (const pick of this.picks.slice(-MAX_CURVES)) {
      const key = keyOf(pick);
      if (this.spectra.has(key)) continue;
      this.spectra.set(key, "asked");
      this.fetchSpectrum(pick.x, pick.y, pick.radius)
        .then((spectrum) => {
          this.spectra.set(key, spectrum);
          this.onChange();
        })
        .catch((error: unknown) => {
          this.spectra.delete(key);
          this.onError(error);
        });
    }
  }
}

export function colorOf(index: number): string {
  const count = PICK_COLORS.length;
  return PICK_COLORS[((index % count) + count) % count] ?? PICK_COLORS[0];
}

function keyOf(pick: Pick): string {
  return `${pick.x},${pick.y},${pick.radius}`;
}

function freeLabel(picks: readonly Pick[]): string {
  const used = new Set(picks.map((pick) => pick.label));
  let number = picks.length + 1;
  while (used.has(`Spot ${number}`)) number += 1;
  return `Spot ${number}`;
}
