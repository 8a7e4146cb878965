import { describe, expect, it } from "vitest";
import { chooseCut, drawable, type Eye, errorOnScreen, makeGraph, visibleClusters } from "./cut";
import { makeHead } from "./testing";

/** Two fine groups (2, 3) under one middle group (1) under the root. */
const HEAD = makeHead([
  { error: Number.POSITIVE_INFINITY, x: 0, clusters: [[1, 100]] },
  {
    error: 4,
    x: 0,
    clusters: [
      [2, 100],
      [3, 100],
    ],
  },
  {
    error: 1,
    x: -10,
    clusters: [
      [null, 100],
      [null, 100],
    ],
  },
  {
    error: 1,
    x: 10,
    clusters: [
      [null, 100],
      [null, 100],
    ],
  },
]);
const GRAPH = makeGraph(HEAD);
const EYE: Eye = { x: 0, y: 0, z: 100, pixelsPerUnit: 100, near: 1, planes: [] };

const groups = (tolerance: number, budget = 1e9, eye = EYE) =>
  chooseCut(GRAPH, eye, tolerance, budget).map(({ group }) => group);

describe("the cut", () => {
  it("stays at the root when its error is small enough", () => {
    expect(groups(5)).toEqual([]);
    expect(visibleClusters(HEAD, new Set([0]))).toEqual([0]);
  });

  it("expands groups, largest error first", () => {
    expect(groups(2)).toEqual([1]);
    expect(groups(0.5)).toEqual([1, 2, 3]);
  });

  it("never has more triangles than its budget", () => {
    expect(groups(0.5, 199)).toEqual([]);
    expect(groups(0.5, 200)).toEqual([1]);
    expect(groups(0.5, 300)).toHaveLength(2);
  });

  it("expands what is nearer to the eye first", () => {
    expect(groups(0.5, 300, { ...EYE, x: 60, z: 20 })).toEqual([1, 3]);
  });

  it("leaves alone what is out of sight", () => {
    const eye: Eye = { ...EYE, planes: [[1, 0, 0, 5]] };
    expect(errorOnScreen(HEAD, 2, eye)).toBe(0);
    expect(groups(0.5, 1e9, eye)).toEqual([1, 3]);
  });

  it("draws a coarser level until the finer one is here", () => {
    const wishes = chooseCut(GRAPH, EYE, 0.5, 1e9);
    expect([...drawable(GRAPH, wishes, () => false)]).toEqual([0]);
    expect([...drawable(GRAPH, wishes, (group) => group !== 1)]).toEqual([0]);
    expect([...drawable(GRAPH, wishes, (group) => group !== 2)]).toEqual([0, 1, 3]);
  });

  it("shows each part of the surface exactly once", () => {
    expect(visibleClusters(HEAD, new Set([0, 1]))).toEqual([1, 2]);
    expect(visibleClusters(HEAD, new Set([0, 1, 3]))).toEqual([1, 5, 6]);
  });
});
