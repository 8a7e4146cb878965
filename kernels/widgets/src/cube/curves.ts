/** Spectra as SVG paths. A gap in the data is a gap in the line. */
import type { Spectrum } from "./api";
import { type Axis, place } from "./axis";

type Values = readonly (number | null)[];

export function linePath(nm: readonly number[], values: Values, x: Axis, y: Axis): string {
  let path = "";
  let isDown = false;
  nm.forEach((wavelength, band) => {
    const value = values[band];
    if (value === null || value === undefined) {
      isDown = false;
      return;
    }
    path += `${isDown ? "L" : "M"}${fixed(place(x, wavelength))} ${fixed(place(y, value))}`;
    isDown = true;
  });
  return path;
}

/** The band between mean - std and mean + std; bands without value are left out. */
export function spreadPath(spectrum: Spectrum, x: Axis, y: Axis): string {
  const upper: string[] = [];
  const lower: string[] = [];
  spectrum.wavelength_nm.forEach((wavelength, band) => {
    const mean = spectrum.mean[band];
    const std = spectrum.std[band];
    if (mean === null || mean === undefined || std === null || std === undefined) return;
    upper.push(`${fixed(place(x, wavelength))} ${fixed(place(y, mean + std))}`);
    lower.push(`${fixed(place(x, wavelength))} ${fixed(place(y, mean - std))}`);
  });
  return upper.length < 2 ? "" : `M${upper.join("L")}L${lower.reverse().join("L")}Z`;
}

/** Highest mean + std of all spectra. */
export function highest(spectra: readonly Spectrum[]): number {
  let top = 0;
  for (const { mean, std } of spectra) {
    mean.forEach((value, band) => {
      if (value !== null) top = Math.max(top, value + (std[band] ?? 0));
    });
  }
  return top;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
