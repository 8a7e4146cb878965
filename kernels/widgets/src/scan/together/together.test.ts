import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Companion, CompanyLink, Disposable } from "../../host";
import type { CameraState, ScanScene, ScreenPoint, Vector } from "../scene";
import { startTogether } from "./index";
import { isSameCamera, lookersOf, type Told } from "./model";

const CAMERA: CameraState = {
  azimuth: 10,
  elevation: 20,
  distance: 0.5,
  target: [0, 0, 0],
  isOrthographic: false,
};
const TURNED = { ...CAMERA, azimuth: 70 };

/** A surface at z = 0, seen from above: a pixel is a millimetre. */
class FlatScene implements Partial<ScanScene> {
  readonly root = document.createElement("div");
  readonly layer = document.createElementNS("http://www.w3.org/2000/svg", "g");
  readonly said: string[] = [];
  camera = CAMERA;
  frame: () => void = () => undefined;
  move: (at: ScreenPoint | null) => void = () => undefined;
  addLayer = () => this.layer;
  addBar = (node: HTMLElement) => this.root.append(node);
  isHidden = () => false;
  say = (text: string) => this.said.push(text);
  project = ([x, y]: Vector) => ({ x: x * 1000, y: y * 1000 });
  pick = (x: number, y: number) => ({
    point: [x / 1000, y / 1000, 0] as Vector,
    isVertex: true,
    normal: [0, 0, 1] as Vector,
    within: 0,
  });
  onFrame(listener: () => void): Disposable {
    this.frame = listener;
    return { dispose: () => undefined };
  }
  onPointer(listener: (at: ScreenPoint | null) => void): Disposable {
    this.move = listener;
    return { dispose: () => undefined };
  }
}

class Company implements CompanyLink {
  readonly client = 1;
  readonly told: Told[] = [];
  private others: readonly Companion[] = [];
  private listener: (companions: readonly Companion[]) => void = () => undefined;
  tell = (told: object) => void this.told.push(told as Told);
  get = () => this.others;
  subscribe(listener: (companions: readonly Companion[]) => void): Disposable {
    this.listener = listener;
    return { dispose: () => undefined };
  }
  come(...told: readonly unknown[]) {
    this.others = told.map((each, index) => ({
      client: index + 2,
      name: "Ben",
      color: "#123456",
      told: each,
    }));
    this.listener(this.others);
  }
  get last() {
    return this.told.at(-1);
  }
}

function told(more: Partial<Told> = {}): Told {
  return { camera: CAMERA, pointer: null, follows: null, ...more };
}

describe("looking together", () => {
  let scene: FlatScene;
  let company: Company;
  const button = () => scene.root.querySelector("button") as HTMLButtonElement;

  beforeEach(() => {
    vi.useFakeTimers();
    scene = new FlatScene();
    document.body.replaceChildren(scene.root); // only there a box that is clicked changes
    company = new Company();
    startTogether(scene as unknown as ScanScene, company);
  });

  test("alone, nothing is shown, and nothing more is told than that one looks", () => {
    scene.camera = TURNED;
    scene.frame();
    scene.move({ x: 1, y: 1 });
    vi.runAllTimers();
    expect(company.told).toHaveLength(1);
    expect(scene.root.querySelector<HTMLElement>(".mt-bar")?.hidden).toBe(true);
  });

  test("who comes is named, and learns where one is now", () => {
    scene.camera = TURNED;
    company.come(told({ follows: 1 }));
    vi.runAllTimers();
    expect(button().textContent).toBe("Follow Ben");
    expect(scene.root.textContent).toContain("follows you");
    expect(company.last?.camera).toEqual(TURNED);
  });

  test("following takes over the other's camera until one moves oneself", () => {
    company.come(told());
    button().click();
    expect(button().getAttribute("aria-pressed")).toBe("true");
    company.come(told({ camera: TURNED }));
    scene.frame();
    vi.runAllTimers();
    expect(scene.camera).toEqual(TURNED);
    expect(company.last?.follows).toBe(2);
    scene.camera = { ...TURNED, elevation: 50 };
    company.come(told({ camera: CAMERA })); // in the same moment
    expect(scene.camera.elevation).toBe(50);
    scene.frame();
    vi.runAllTimers();
    expect(button().getAttribute("aria-pressed")).toBe("false");
    expect(company.last?.follows).toBeNull();
    company.come(told({ camera: TURNED }));
    expect(scene.camera.elevation).toBe(50);
  });

  test("two who follow each other stand still", () => {
    company.come(told({ follows: 1 }));
    button().click();
    vi.runAllTimers();
    const before = company.told.length;
    company.come(told({ follows: 1, camera: company.last?.camera ?? CAMERA }));
    scene.frame();
    vi.runAllTimers();
    expect(company.told).toHaveLength(before);
    expect(scene.camera).toEqual(CAMERA);
  });

  test("who is followed and leaves is missed", () => {
    company.come(told());
    button().click();
    company.come();
    expect(scene.said.at(-1)).toBe("Ben left.");
    company.come(told({ camera: TURNED }));
    expect(scene.camera).toEqual(CAMERA);
  });

  test("pointers are shown where they point, under their names", () => {
    company.come(told({ pointer: [0.02, 0.03, 0] }), told({ pointer: [0.05, 0.05, 0] }));
    expect([...scene.layer.querySelectorAll("text")].map((each) => each.textContent)).toEqual([
      "Ben",
      "Ben (2)",
    ]);
    expect(scene.layer.firstElementChild?.getAttribute("transform")).toBe("translate(20.0 30.0)");
  });

  test("one's own pointer is told, unless one does not want that", () => {
    company.come(told());
    scene.move({ x: 5, y: 6 });
    vi.runAllTimers();
    expect(company.last?.pointer).toEqual([0.005, 0.006, 0]);
    const box = scene.root.querySelector<HTMLInputElement>("input") as HTMLInputElement;
    box.click();
    vi.runAllTimers();
    expect(company.last?.pointer).toBeNull();
    scene.move({ x: 7, y: 8 });
    vi.runAllTimers();
    expect(company.last?.pointer).toBeNull();
  });

  test("a name is shown as text", () => {
    company.come(told({ pointer: [0, 0, 0] }));
    const name = "<img src=x onerror=alert(1)>";
    company.get = () => [{ client: 2, name, color: "red", told: told({ pointer: [0, 0, 0] }) }];
    company.come();
    expect(scene.root.querySelector("img")).toBeNull();
    expect(button().textContent).toBe(`Follow ${name}`);
  });
});

test.each([
  null,
  7,
  {},
  { ...told(), pointer: [1, 2] },
  { ...told(), pointer: [1, 2, "3"] },
  { ...told(), follows: "2" },
  { ...told(), camera: { ...CAMERA, distance: 0 } },
  { ...told(), camera: { ...CAMERA, azimuth: null } },
  { ...told(), camera: { ...CAMERA, target: [0, 0, Number.NaN] } },
])("what can't be understood is passed over: %j", (each) => {
  expect(lookersOf([{ client: 2, name: "Ben", color: "red", told: each }])).toEqual([]);
});

test("cameras are the same but for rounding", () => {
  expect(isSameCamera(CAMERA, { ...CAMERA, azimuth: 10 + 1e-9 })).toBe(true);
  expect(isSameCamera(CAMERA, { ...CAMERA, target: [0, 0, 1e-3] })).toBe(false);
  expect(isSameCamera(CAMERA, { ...CAMERA, isOrthographic: true })).toBe(false);
});
