/** Ways to show a cube that everybody knows, as far as its wavelengths reach. */
import { type CubeInfo, nearestPlace } from "./api";
import { type ElementLine, mainLines } from "./element_lines";
import { describePlace, isCounted, type SpectralAxis } from "./spectral_axis";
import { TEXTS } from "./texts";

export interface Preset {
  readonly text: string;
  /** One place on the axis or three; none for the colours an eye sees. */
  readonly bands: readonly number[];
}

const REACH_NM = 10; // a preset may lie this far beyond the first or last band

/** @param lines Of elements, whose strongest are presets of a cube over energy. */
export function presetsOf(info: CubeInfo, lines: readonly ElementLine[] = []): Preset[] {
  const [first, last] = [info.coordinate[0] ?? 0, info.coordinate.at(-1) ?? 0];
  if (isCounted(info.axis)) {
    return mainLines(lines)
      .filter(({ energy_kev: energy }) => energy >= first && energy <= last)
      .map(({ name, energy_kev: energy }) => ({ text: name, bands: [nearestPlace(info, energy)] }));
  }
  const [from, to] = [first - REACH_NM, last + REACH_NM];
  const known: Preset[] = [
    ...(info.has_daylight ? [{ text: TEXTS.daylight, bands: [] }] : []),
    { text: TEXTS.threeBands, bands: [650, 550, 450] },
    { text: TEXTS.infrared, bands: [900, 650, 550] },
    { text: TEXTS.nearInfrared, bands: [950] },
    { text: TEXTS.shortWave, bands: [2200, 1650, 1250] },
  ];
  return known
    .filter(({ bands }) => bands.every((each) => each >= from && each <= to))
    .map(({ text, bands }) => ({
      text,
      bands: bands.map((each) => nearestPlace(info, each)),
    }));
}

/** What a preset shows, in places on the axis. */
export function describePreset({ text, bands }: Preset, axis: SpectralAxis): string {
  const places = bands.map((each) => describePlace(axis, each)).join(", ");
  const shown = bands.length > 0 ? places : TEXTS.daylightTitle;
  return `${text}: ${shown}`;
}
