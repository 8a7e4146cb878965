import { ServerConnection } from "@jupyterlab/services";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ACCESS_ENDED, type Ending, endingOf, RIGHTS_CHANGED, VisitLine } from "./line";

class FakeSocket {
  static opened: FakeSocket[] = [];
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.opened.push(this);
  }

  close(): void {
    this.onclose?.({ code: 1000 });
  }
}

function lineTo(status: number): { line: VisitLine; endings: Ending[] } {
  const settings = ServerConnection.makeSettings({
    baseUrl: "http://hub.test/user/wg-murals/",
    wsUrl: "ws://hub.test/user/wg-murals/",
    appendToken: true,
    token: "a b",
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    fetch: (async () => new Response("{}", { status })) as typeof fetch,
  });
  const line = new VisitLine(settings);
  const endings: Ending[] = [];
  line.ended.connect((_line, ending) => void endings.push(ending));
  line.open();
  return { line, endings };
}

const settle = () => vi.advanceTimersByTimeAsync(5_000);

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
});
afterEach(() => void vi.useRealTimers());

test.each([
  [ACCESS_ENDED, null, "out"],
  [1006, 404, "out"],
  [1006, 403, "signed-out"],
  [1006, 200, null],
  [1006, 424, null],
  [1006, null, null],
  [RIGHTS_CHANGED, null, null],
])("close code %s and status %s mean %s", (code, status, ending) => {
  expect(endingOf(code, status)).toBe(ending);
});

describe("the line", () => {
  test("carries the credential where there is one", () => {
    lineTo(200);
    expect(FakeSocket.opened[0]?.url).toBe(
      "ws://hub.test/user/wg-murals/museion/visit?token=a%20b",
    );
  });

  test("ends once when the workspace says so", async () => {
    const { line, endings } = lineTo(200);
    FakeSocket.opened[0]?.onclose?.({ code: ACCESS_ENDED });
    await settle();
    expect(endings).toEqual(["out"]);
    expect(line.isDisposed).toBe(true);
    expect(FakeSocket.opened).toHaveLength(1);
  });

  test("comes back after a break, and after a change of rights", async () => {
    const { endings } = lineTo(200);
    FakeSocket.opened[0]?.onclose?.({ code: 1006 });
    await settle();
    FakeSocket.opened[1]?.onclose?.({ code: RIGHTS_CHANGED });
    await settle();
    expect(FakeSocket.opened).toHaveLength(3);
    expect(endings).toEqual([]);
  });

  test("finds out what happened while it was broken", async () => {
    const { endings } = lineTo(404);
    FakeSocket.opened[0]?.onclose?.({ code: 1006 });
    await settle();
    expect(endings).toEqual(["out"]);
  });
});
