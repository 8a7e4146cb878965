import { describe, expect, it } from "vitest";
import { FormatError, parseBatch, parseHead, parsePage } from "./format";
import { packPages } from "./testing";

describe("stored scans", () => {
  it.each([
    ["nothing", new ArrayBuffer(0)],
    ["another file", new ArrayBuffer(200)],
  ])("refuses %s in place of a head", (_, buffer) => {
    expect(() => parseHead(buffer)).toThrow(FormatError);
  });

  it("refuses a head of a version it does not know", () => {
    const bytes = new Uint8Array(200);
    bytes.set([0x4d, 0x53, 0x43, 0x4e, 9]);
    expect(() => parseHead(bytes.buffer)).toThrow("version 9");
  });

  it("refuses a page that ends before its streams do", () => {
    const page = new Uint8Array(28);
    page.set([1, 1]);
    page[12] = 50;
    expect(() => parsePage(page)).toThrow(FormatError);
  });

  it("splits an answer into its pages", () => {
    const pages = parseBatch(
      packPages([
        [7, Uint8Array.of(1, 2, 3)],
        [2, Uint8Array.of(9)],
      ]),
    );
    expect([...pages.keys()]).toEqual([7, 2]);
    expect([...(pages.get(2) ?? [])]).toEqual([9]);
  });

  it("refuses an answer that was cut short", () => {
    const whole = packPages([[7, Uint8Array.of(1, 2, 3)]]);
    expect(() => parseBatch(whole.slice(0, -1))).toThrow(FormatError);
  });
});
