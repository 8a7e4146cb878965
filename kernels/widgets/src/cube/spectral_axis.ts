/** What a cube's spectra stand over, and how a place on it is said: never as a band's number. */
import type { CubeInfo } from "./api";
import { TEXTS } from "./texts";

export type SpectralAxis = CubeInfo["axis"];

const DECIMALS: Readonly<Record<SpectralAxis["name"], number>> = {
  wavelength: 0,
  energy: 2,
  channel: 0,
};

/** As in `650 nm`, `6.404 keV`, `channel 320`. */
export function describePlace({ name, units }: SpectralAxis, place: number): string {
  const number = Number(place.toFixed(3));
  return units === "" ? `${TEXTS.axes[name]} ${number}` : `${number} ${units}`;
}

/** The same of a place under the pointer, no finer than the eye points. */
export function describeNear(axis: SpectralAxis, place: number): string {
  return describePlace(axis, Number(place.toFixed(DECIMALS[axis.name])));
}

/** As in `wavelength / nm`. */
export function titleOf({ name, units }: SpectralAxis): string {
  return units === "" ? TEXTS.axes[name] : `${TEXTS.axes[name]} / ${units}`;
}

/** The heading of a table's column, as in `energy_keV`. */
export function columnOf({ name, units }: SpectralAxis): string {
  return units === "" ? name : `${name}_${units}`;
}

/** Whether photons were counted along it, so that neighbouring bands may be added. */
export function isCounted({ name }: SpectralAxis): boolean {
  return name !== "wavelength";
}
