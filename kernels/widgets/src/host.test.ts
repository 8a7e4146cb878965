import { describe, expect, it } from "vitest";
import { xsrfHeader } from "./host";

describe("xsrfHeader", () => {
  it.each([
    ["", {}],
    ["_xsrf=2|ab|cd", { "X-XSRFToken": "2|ab|cd" }],
    ["theme=dark; _xsrf=2|ab", { "X-XSRFToken": "2|ab" }],
    ["not_xsrf=2|ab", {}],
  ])("reads the token out of %j", (cookies, header) => {
    expect(xsrfHeader(cookies)).toEqual(header);
  });
});
