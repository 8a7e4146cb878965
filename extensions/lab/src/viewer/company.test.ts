import { expect, test, vi } from "vitest";
import { type Awareness, SharedCompany } from "./company";

const ITEM = "murals/amphora/scan";
const USER = { display_name: "Ben", color: "#123456" };
const OTHER = 99;

/** One window's knowledge of all windows. */
class Windows implements Awareness {
  readonly clientID = 1;
  readonly states = new Map<number, unknown>([[this.clientID, { user: USER }]]);
  private readonly listeners = new Set<() => void>();
  getLocalState = () => this.states.get(this.clientID);
  getStates = () => this.states;
  setLocalStateField = (field: string, value: unknown) =>
    this.hear(this.clientID, { ...(this.getLocalState() as object), [field]: value });
  on = (_event: "change", listener: () => void) => void this.listeners.add(listener);
  off = (_event: "change", listener: () => void) => void this.listeners.delete(listener);
  hear(client: number, state: unknown): void {
    this.states.set(client, state);
    for (const listener of this.listeners) listener();
  }
}

test("what another window tells of the item is heard once, with the person's name", () => {
  const windows = new Windows();
  const company = new SharedCompany(windows, ITEM);
  const heard = vi.fn();
  company.subscribe(heard);
  const state = { user: USER, museion_views: { [ITEM]: { pointer: 1 }, "murals/other/scan": 2 } };
  windows.hear(OTHER, { user: USER });
  windows.hear(OTHER, state);
  windows.hear(OTHER, { ...state, cursor: { line: 3 } });
  const ben = { client: OTHER, name: "Ben", color: "#123456", told: { pointer: 1 } };
  expect(company.get()).toEqual([ben]);
  expect(heard.mock.calls).toEqual([[[ben]]]);
});

test("one's own views are told beside each other, and taken back one by one", () => {
  const windows = new Windows();
  const scan = new SharedCompany(windows, ITEM);
  const other = new SharedCompany(windows, "murals/other/scan");
  scan.tell({ a: 1 });
  other.tell({ b: 2 });
  expect(windows.getLocalState()).toMatchObject({
    user: USER,
    museion_views: { [ITEM]: { a: 1 }, "murals/other/scan": { b: 2 } },
  });
  expect(scan.get()).toEqual([]);
  scan.dispose();
  expect(windows.getLocalState()).toEqual({
    user: USER,
    museion_views: { "murals/other/scan": { b: 2 } },
  });
});

test.each([null, 1, "x", { museion_views: 3 }, { museion_views: null }])(
  "a state that is none of ours is passed over: %j",
  (state) => {
    const windows = new Windows();
    windows.hear(OTHER, state);
    expect(new SharedCompany(windows, ITEM).get()).toEqual([]);
  },
);
