/** Ways to show a cube that everybody knows, as far as its wavelengths reach. */
import { type CubeInfo, nearestWavelength } from "./api";
import { TEXTS } from "./texts";

export interface Preset {
  readonly text: string;
  /** One wavelength in nm or three; none for the colours an eye sees. */
  readonly bands: readonly number[];
}

const REACH_NM = 10; // a preset may lie this far beyond the first or last band

export function presetsOf(info: CubeInfo): Preset[] {
  const nm = info.wavelength_nm;
  const [from, to] = [Math.min(...nm) - REACH_NM, Math.max(...nm) + REACH_NM];
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
      bands: bands.map((each) => nearestWavelength(info, each)),
    }));
}

/** What a preset shows, in wavelengths. */
export function describePreset({ text, bands }: Preset): string {
  const shown = bands.length > 0 ? `${bands.join(", ")} nm` : TEXTS.daylightTitle;
  return `${text}: ${shown}`;
}
