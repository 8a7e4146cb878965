import { describe, expect, test } from "vitest";
import { formatBytes, formatMoment, formatPercent } from "./format";
import { overallProgress, readClusters, readReport } from "./report";

describe("a report", () => {
  test.each([null, 7, [], {}, { id: "../etc" }, { id: "A" }, { id: 3 }])(
    "that does not say of which cluster is none: %j",
    (data) => {
      expect(readReport(data)).toBeNull();
    },
  );

  test("with gaps is filled with the plainest values", () => {
    const report = readReport({ id: "workspace-a", state: "dancing", workers: [{ name: 1 }] });
    expect(report).toMatchObject({ label: "workspace-a", state: "silent", limit: null });
    expect(report?.workers[0]).toMatchObject({ name: "1", memory_bytes: 0 });
  });

  test("is done as far as all that runs together", () => {
    const progress = [
      { name: "a", done: 10, total: 10 },
      { name: "b", done: 500, total: 30 }, // never more than all
      { name: "c", done: 0, total: 40 },
    ];
    const report = readReport({ id: "a", progress });
    expect(report && overallProgress(report)).toBe(0.5);
    const idle = readReport({ id: "a" });
    expect(idle && overallProgress(idle)).toBeNull();
  });

  test("that is damaged does not take the others with it", () => {
    const { clusters, mayAct } = readClusters({ clusters: [null, { id: "b" }], may_act: "yes" });
    expect(clusters.map((each) => each.id)).toEqual(["b"]);
    expect(mayAct).toBe(false);
  });
});

describe("amounts", () => {
  test.each([
    [0, "0 B"],
    [999_600, "1.0 MB"],
    [512_000_000, "512 MB"],
    [1_234_000_000, "1.2 GB"],
  ])("%d bytes read %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test("are 100 % only when all is done", () => {
    expect([formatPercent(0.999), formatPercent(1)]).toEqual(["99 %", "100 %"]);
  });

  test("of time name the day only when it is another", () => {
    const now = new Date("2026-11-22T20:00:00");
    expect(formatMoment("2026-11-22T08:05:00", now)).toMatch(/^0?8:05/);
    expect(formatMoment("2026-11-20T08:05:00", now)).toMatch(/20.*, 0?8:05/);
    expect(formatMoment("yesterday", now)).toBe("");
  });
});
