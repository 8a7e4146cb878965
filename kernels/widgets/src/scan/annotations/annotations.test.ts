import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Disposable, ListKind, ListLink, ViewLink, ViewSpec } from "../../host";
import type {
  CameraState,
  PickedPoint,
  PicturePainter,
  ScanScene,
  SurfaceTool,
  Vector,
} from "../scene";
import { startAnnotations } from "./index";
import { LocalEntries } from "./local";
import { type Annotation, isAnnotation, makeAnnotation, readTags } from "./model";
import { applyChange, movedBy, textChange } from "./text_change";

const CAMERA: CameraState = {
  azimuth: 10,
  elevation: 20,
  distance: 0.5,
  target: [0, 0, 0],
  isOrthographic: false,
};
const SPEC: ViewSpec = {
  version: 1,
  kind: "scan",
  dataset: "murals/amphora",
  dataset_version: 3,
  item: "scan",
  title: "Amphora",
  synthetic: true,
};

/** A scene whose surface is the plane z = 0, seen from above: a pixel is a millimetre. */
class FlatScene implements Partial<ScanScene> {
  readonly root = document.createElement("div");
  readonly layers: SVGGElement[] = [];
  readonly said: string[] = [];
  readonly size = { width: 400, height: 300 };
  tool: SurfaceTool | null = null;
  camera = CAMERA;
  project([x, y]: Vector) {
    return { x: x * 1000, y: y * 1000 };
  }
  isHidden = () => false;
  addLayer() {
    const layer = document.createElementNS("http://www.w3.org/2000/svg", "g");
    this.layers.push(layer);
    return layer;
  }
  onFrame = (): Disposable => ({ dispose: () => undefined });
  onPicture = (paint: PicturePainter): Disposable => {
    this.paint = paint;
    return { dispose: () => undefined };
  };
  paint: PicturePainter = () => undefined;
  use(tool: SurfaceTool | null) {
    const before = this.tool;
    this.tool = tool;
    before?.rest();
  }
  focus = () => undefined;
  addToggle(_icon: string, name: string, change: (isOn: boolean) => void) {
    const node = document.createElement("button");
    node.textContent = name;
    node.addEventListener("click", () => change(node.ariaPressed !== "true"));
    this.root.append(node);
    return { node, set: (isOn: boolean) => node.setAttribute("aria-pressed", String(isOn)) };
  }
  addSection(node: HTMLElement) {
    this.root.append(node);
  }
  say(text: string) {
    this.said.push(text);
  }
  click(x: number, y: number) {
    const point: Vector = [x / 1000, y / 1000, 0];
    const picked: PickedPoint = { point, isVertex: true, normal: [0, 0, 1], within: 0 };
    this.tool?.put(picked, { x, y });
  }
  key(key: string) {
    return this.tool?.key?.(new KeyboardEvent("keydown", { key }));
  }
}

/** The kernel's list, as a widget's trait. */
class Trait<T> implements ListLink<T> {
  items: readonly T[] = [];
  private readonly listeners: ((items: readonly T[]) => void)[] = [];
  get = () => this.items;
  set(items: readonly T[]) {
    this.items = items;
    for (const listener of this.listeners) listener(items);
  }
  subscribe(listener: (items: readonly T[]) => void): Disposable {
    this.listeners.push(listener);
    return { dispose: () => undefined };
  }
}

function open(...first: Annotation[]) {
  const scene = new FlatScene();
  document.body.replaceChildren(scene.root);
  const trait = new Trait<Annotation>();
  trait.items = first;
  const link: ViewLink = {
    list: <T extends object>(_kind: ListKind<T>) => trait as unknown as ListLink<T>,
  };
  const made = startAnnotations({ scene: scene as unknown as ScanScene, spec: SPEC, link });
  const press = (name: string) => {
    const buttons = [...scene.root.querySelectorAll("button")];
    const found = buttons.find((each) => (each.ariaLabel ?? each.textContent) === name);
    if (!found) throw new Error(`No button ${name}`);
    found.click();
  };
  return { scene, trait, made, press };
}

function annotation(changes: Partial<Annotation> = {}): Annotation {
  const made = makeAnnotation("point", [[0.1, 0.1, 0]], CAMERA, 3);
  return { ...made, body: "crack", created: "2026-11-23T08:40:00Z", ...changes };
}

function type(area: HTMLTextAreaElement, text: string): void {
  area.value = text;
  area.setSelectionRange(text.length, text.length);
  area.dispatchEvent(new Event("input"));
}

beforeEach(() => {
  document.body.replaceChildren();
});

describe("a change of a text", () => {
  test.each([
    ["crack", "a crack", 2, { at: 0, removed: 0, inserted: "a " }],
    ["aa", "aaa", 1, { at: 0, removed: 0, inserted: "a" }],
    ["aa", "aaa", 3, { at: 2, removed: 0, inserted: "a" }],
    ["abc", "ac", 1, { at: 1, removed: 1, inserted: "" }],
    ["one two", "one 2", 5, { at: 4, removed: 3, inserted: "2" }],
    ["😀", "😁", 2, { at: 0, removed: 2, inserted: "😁" }],
  ])("from %j to %j is told as little as can be", (before, after, caret, expected) => {
    expect(textChange(before, after, caret)).toEqual(expected);
  });

  test("is none where nothing changed", () => {
    expect(textChange("a", "a")).toBeNull();
  });

  test("always leads from the one text to the other", () => {
    const letters = "ab😀";
    let seed = 7;
    const random = (most: number) => {
      seed = (seed * 16807) % 2147483647;
      return seed % most;
    };
    const word = () => Array.from({ length: random(6) }, () => [...letters][random(3)]).join("");
    for (let count = 0; count < 3000; count += 1) {
      const [before, after] = [word(), word()];
      const change = textChange(before, after, random(after.length + 1));
      expect(change ? applyChange(before, change) : before).toBe(after);
      expect(change?.inserted.isWellFormed() ?? true).toBe(true);
    }
  });

  test("moves a cursor behind it, and leaves one before it", () => {
    const change = { at: 3, removed: 2, inserted: "xyz" };
    expect([0, 3, 4, 6].map((place) => movedBy(change, place))).toEqual([0, 3, 6, 7]);
  });
});

describe("what comes from outside", () => {
  test("is an annotation, or left out", () => {
    expect(isAnnotation(annotation())).toBe(true);
    const bad: Partial<Record<keyof Annotation, unknown>>[] = [
      { id: "" },
      { shape: "splat" },
      { points: [[0, 0, Number.NaN]] },
      { points: [[0, 0]] },
      { shape: "polygon" },
      { body: 3 },
      { body: "x".repeat(50_000) },
      { tags: "crack" },
      { status: "done" },
      { camera: { ...CAMERA, distance: -1 } },
      { replies: [{ id: "r" }] },
      { moved_m: "far" },
      { origin: 3 },
    ];
    for (const each of bad) expect(isAnnotation({ ...annotation(), ...each })).toBe(false);
    for (const each of [null, 3, "x", [], {}]) expect(isAnnotation(each)).toBe(false);
  });

  test("tags are cut at commas, each once", () => {
    expect(readTags(" crack,  old   glaze,, crack ")).toEqual(["crack", "old glaze"]);
  });
});

describe("annotating", () => {
  test("a point opens an empty note with the present view", () => {
    const { scene, trait, press } = open();
    press("Annotations");
    press("Point");
    scene.click(100, 50);
    expect(trait.items[0]).toMatchObject({
      shape: "point",
      points: [[0.1, 0.05, 0]],
      camera: CAMERA,
      version: 3,
    });
    expect(document.activeElement).toBe(scene.root.querySelector("textarea"));
    expect(scene.tool).toBeNull();
  });

  test("a polygon is closed by a click on its first corner", () => {
    const { scene, trait, press } = open();
    press("Polygon");
    for (const [x, y] of [
      [10, 10],
      [90, 10],
      [90, 90],
      [12, 11],
    ] as const)
      scene.click(x, y);
    expect(trait.items[0]?.points).toHaveLength(3);
  });

  test("keys take the last point back, finish and cancel", () => {
    const { scene, trait, press } = open();
    press("Line");
    scene.click(10, 10);
    expect(scene.key("f")).toBe(false);
    scene.click(50, 10);
    scene.click(80, 90);
    expect(scene.key("Backspace")).toBe(true);
    expect(scene.key("f")).toBe(true);
    expect(trait.items[0]?.points).toEqual([
      [0.01, 0.01, 0],
      [0.05, 0.01, 0],
    ]);
    press("Line");
    scene.click(10, 10);
    scene.key("Escape");
    scene.key("Escape");
    expect([scene.tool, trait.items.length]).toEqual([null, 1]);
  });

  test("markers and list have the same numbers, and clicking a marker opens it", () => {
    const first = annotation({ body: "first" });
    const second = annotation({
      body: "second",
      shape: "line",
      points: [
        [0, 0, 0],
        [0.1, 0, 0],
      ],
    });
    const { scene } = open(first, second);
    const badges = scene.layers[0]?.querySelectorAll(".ma-badge") ?? [];
    expect([...badges].map((each) => each.textContent)).toEqual(["1", "2"]);
    badges[1]?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    expect(scene.root.querySelector("textarea")?.value).toBe("second");
    expect(scene.layers[0]?.querySelector(".is-selected")?.textContent).toBe("2");
  });

  test("text is text, whatever it says", () => {
    const html = "<img src=x onerror=alert(1)>";
    const { scene } = open(
      annotation({ body: html, tags: [html], replies: [{ id: "r", body: html }] }),
    );
    scene.root.querySelector<HTMLElement>(".ma-row")?.click();
    expect(scene.root.querySelector("img")).toBeNull();
    expect(scene.root.querySelector(".ma-said")?.textContent).toBe(html);
  });

  test("what somebody else writes comes in beside one's own letters", () => {
    const { scene, trait } = open(annotation({ body: "crack" }));
    scene.root.querySelector<HTMLElement>(".ma-row")?.click();
    const area = scene.root.querySelector("textarea") as HTMLTextAreaElement;
    area.setSelectionRange(5, 5);
    trait.set([{ ...(trait.items[0] as Annotation), body: "old crack" }]);
    expect([area.value, area.selectionStart]).toEqual(["old crack", 9]);
    type(area, "old crack!");
    expect(trait.items[0]?.body).toBe("old crack!");
  });

  test("status, replies and deletion go to everybody; deleting asks first", () => {
    const { scene, trait, press } = open(annotation());
    scene.root.querySelector<HTMLElement>(".ma-row")?.click();
    press("Mark as resolved");
    expect(trait.items[0]?.status).toBe("resolved");
    const answer = scene.root.querySelectorAll("textarea")[1] as HTMLTextAreaElement;
    answer.value = "since 2019";
    press("Reply");
    expect(trait.items[0]?.replies[0]?.body).toBe("since 2019");
    press("Delete");
    expect(trait.items).toHaveLength(1);
    press("Delete for everybody");
    expect(trait.items).toHaveLength(0);
    expect(scene.root.querySelector(".ma-editor")).toBeNull();
  });

  test("the saved view comes back, and one that lies off says so", () => {
    const camera = { ...CAMERA, azimuth: 77 };
    const { scene, trait, press } = open(annotation({ camera, moved_m: 0.0004 }));
    scene.root.querySelector<HTMLElement>(".ma-row")?.click();
    press("Go to view");
    expect(scene.camera.azimuth).toBe(77);
    expect(scene.root.querySelector(".ma-moved")?.textContent).toContain("400 µm");
    press("It is right here");
    expect(trait.items[0]?.moved_m).toBeNull();
  });

  test("the list shows what fits status and tag", () => {
    const { scene } = open(
      annotation({ body: "one", tags: ["gold"] }),
      annotation({ body: "two", status: "resolved" }),
    );
    const [status, tag] = [...scene.root.querySelectorAll("select")];
    const shown = () =>
      [...scene.root.querySelectorAll(".ma-text")].map((each) => each.textContent);
    const choose = (select: HTMLSelectElement | undefined, value: string) => {
      if (!select) return;
      select.value = value;
      select.dispatchEvent(new Event("change"));
    };
    choose(status, "resolved");
    expect(shown()).toEqual(["two"]);
    choose(status, "");
    choose(tag, "gold");
    expect(shown()).toEqual(["one"]);
  });

  test("ten thousand are listed in part, and no more are taken", () => {
    const many = Array.from({ length: 10_000 }, (_, at) => annotation({ id: `a${at}` }));
    const { scene, trait, press } = open(...many);
    expect(scene.root.querySelectorAll(".ma-row").length).toBe(300);
    expect(scene.root.querySelector(".ma-none")?.textContent).toContain("9700 more");
    press("Point");
    scene.click(1, 1);
    expect(trait.items).toHaveLength(10_000);
    expect(scene.said.at(-1)).toContain("no room");
  });

  test("a saved picture has them with their numbers", () => {
    const { scene } = open(
      annotation({
        shape: "line",
        points: [
          [0, 0, 0],
          [0.1, 0, 0],
        ],
      }),
    );
    const done: [string, ...unknown[]][] = [];
    const context = new Proxy({} as Record<string, unknown>, {
      get:
        (_, name: string) =>
        (...values: unknown[]) =>
          void done.push([name, ...values]),
      set: () => true,
    });
    scene.paint(context as unknown as CanvasRenderingContext2D);
    expect(done).toContainEqual(["lineTo", 100, 0]);
    expect(done).toContainEqual(["fillText", "1", 0, 0]);
  });

  test("taken away, nothing stays", () => {
    const { scene, made } = open(annotation());
    made.dispose();
    expect(scene.root.querySelector(".ma-section")).toBeNull();
  });
});

test("entries without a document are one person's list", () => {
  const heard = vi.fn();
  const entries = new LocalEntries(null);
  entries.subscribe(heard);
  entries.put(annotation({ id: "a" }));
  entries.write("a", { at: 0, removed: 0, inserted: "old " });
  entries.reply("a", { id: "r", body: "yes" });
  entries.removeReply("a", "r");
  expect(entries.get()).toMatchObject([{ body: "old crack", replies: [] }]);
  expect(heard).toHaveBeenCalledTimes(4);
});
