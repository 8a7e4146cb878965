/**
 * What each term of a model contributes under a light; `rti_basis.py` says the same.
 *
 * Malzbender et al., SIGGRAPH 2001 (PTM); Gautron et al., EGSR 2004 (hemispherical harmonics).
 */
import type { RtiInfo } from "../generated/rti-info";
import type { Vector } from "./light";

type Basis = RtiInfo["basis"];

/** Weights of the terms, as many as the model has. */
export function weightsOf(basis: Basis, terms: number, light: Vector): number[] {
  const all = basis === "hsh" ? harmonics(light) : polynomial(light);
  return all.slice(0, terms);
}

/** How many groups of three planes a model has, the normal's last. */
export function groupsOf(basis: Basis, terms: number): number {
  return basis === "ptm_lrgb" ? 4 : terms + 1;
}

function polynomial([u, v]: Vector): number[] {
  return [u * u, v * v, u * v, u, v, 1];
}

function harmonics([x, y, z]: Vector): number[] {
  const c = Math.min(Math.max(z, 0), 1);
  const phi = Math.atan2(y, x);
  const s = Math.sqrt(c - c * c);
  const t = 2 * c - 1;
  const q = c * c - c;
  const root = (number: number) => Math.sqrt(number / Math.PI);
  const [cos, sin] = [(n: number) => Math.cos(n * phi), (n: number) => Math.sin(n * phi)];
  return [
    Math.sqrt(1 / (2 * Math.PI)),
    root(6) * s * cos(1),
    root(3 / 2) * t,
    root(6) * s * sin(1),
    root(30) * q * cos(2),
    root(30) * t * s * cos(1),
    root(5 / 2) * (1 + 6 * q),
    root(30) * t * s * sin(1),
    root(30) * q * sin(2),
    2 * root(35) * s ** 3 * cos(3),
    root(210) * t * q * cos(2),
    2 * root(21) * (1 + 5 * q) * s * cos(1),
    root(7 / 2) * (20 * c ** 3 - 30 * c * c + 12 * c - 1),
    2 * root(21) * (1 + 5 * q) * s * sin(1),
    root(210) * t * q * sin(2),
    2 * root(35) * s ** 3 * sin(3),
  ];
}
