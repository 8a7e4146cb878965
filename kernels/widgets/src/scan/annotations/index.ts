/**
 * Annotations on a scan: points, lines and polygons with notes that members write together.
 *
 * They lie in the notebook's shared document where there is one (`ViewLink.entries`), else in the
 * kernel's widget. All text is shown as text, never as HTML.
 */
import { element } from "../../cube/element";
import type { Disposable, EntryLink, ViewLink, ViewSpec } from "../../host";
import type { ScanScene, Toggle, Vector } from "../scene";
import { DrawingTool } from "./drawing";
import { AnnotationEditor } from "./editor";
import { button } from "./fields";
import { AnnotationList } from "./list";
import { annotationsOf } from "./local";
import { type Marked, Markers } from "./markers";
import { type Annotation, MAX_ANNOTATIONS, makeAnnotation, type Shape } from "./model";
import { TEXTS } from "./texts";

const ICON = "M4 5h16v11h-9l-4 4v-4H4zM8 9h8M8 12h5";
const SHAPES: readonly Shape[] = ["point", "line", "polygon"];

export interface AnnotationPlaces {
  readonly scene: ScanScene;
  readonly spec: ViewSpec;
  readonly link?: ViewLink | undefined;
}

/** Adds annotations to a scan's viewer. */
export function startAnnotations(places: AnnotationPlaces): Disposable {
  return new Annotations(places);
}

class Annotations implements Disposable {
  private readonly scene: ScanScene;
  private readonly entries: EntryLink<Annotation>;
  private readonly version: number;
  private readonly markers: Markers;
  private readonly toggle: Toggle;
  private readonly list = new AnnotationList(
    (id) => this.open(id),
    () => this.show(),
  );
  private readonly place = element("div", { class: "ma-place" });
  private readonly section = element("section", { class: "ma-section", hidden: true });
  private readonly hint = element("span", { class: "ma-hint" });
  private readonly shapes = new Map<Shape, HTMLButtonElement>();
  private readonly finish = button(TEXTS.finish, () => this.drawing?.finish());
  private readonly undo = button(TEXTS.undo, () => this.drawing?.undo());
  private readonly changes: Disposable;
  private editor: AnnotationEditor | null = null;
  private drawing: DrawingTool | null = null;
  /** Until somebody shows or hides them, they show as soon as there are some. */
  private isUntouched = true;

  constructor({ scene, spec, link }: AnnotationPlaces) {
    this.scene = scene;
    this.version = spec.dataset_version;
    this.entries = annotationsOf(link);
    this.markers = new Markers(scene, (id) => this.open(id));
    this.section.setAttribute("aria-label", TEXTS.list);
    this.section.append(this.makeTools(), this.makeBody());
    scene.addSection(this.section);
    this.toggle = scene.addToggle(ICON, TEXTS.toggle, (isOn) => {
      this.isUntouched = false;
      this.setOn(isOn);
    });
    this.changes = this.entries.subscribe(() => this.show());
    this.show();
  }

  dispose(): void {
    this.changes.dispose();
    if (this.drawing) this.scene.use(null);
    this.markers.dispose();
    this.section.remove();
  }

  private get isOn(): boolean {
    return !this.section.hidden;
  }

  private setOn(isOn: boolean): void {
    this.section.hidden = !isOn;
    this.toggle.set(isOn);
    if (!isOn && this.drawing) this.scene.use(null);
    this.show();
  }

  private makeTools(): HTMLElement {
    const tools = SHAPES.map((shape) => {
      const made = button(TEXTS.kinds[shape], () => this.choose(shape), {
        "aria-pressed": "false",
        title: TEXTS.shapes[shape],
      });
      this.shapes.set(shape, made);
      return made;
    });
    const group = element("div", { class: "ma-tools", role: "toolbar" }, ...tools);
    group.setAttribute("aria-label", TEXTS.tools);
    group.append(this.finish, this.undo, this.hint);
    this.showTools();
    return group;
  }

  private makeBody(): HTMLElement {
    return element("div", { class: "ma-body" }, this.list.node, this.place);
  }

  private choose(shape: Shape): void {
    if (this.drawing?.shape === shape) {
      this.scene.use(null);
      return;
    }
    const tool = new DrawingTool(shape, this.scene, {
      change: () => this.showDraft(),
      finish: (kind, points) => this.add(kind, points),
      rest: () => this.putAway(tool),
    });
    this.scene.use(tool);
    this.drawing = tool;
    this.showDraft();
    this.scene.say(TEXTS.hints[shape]);
    this.scene.focus();
  }

  private putAway(tool: DrawingTool): void {
    if (this.drawing !== tool) return;
    this.drawing = null;
    this.showDraft();
  }

  private showDraft(): void {
    this.markers.showDraft(this.drawing?.shape ?? "point", this.drawing?.preview ?? []);
    this.showTools();
  }

  private showTools(): void {
    const { drawing } = this;
    for (const [shape, made] of this.shapes) {
      made.setAttribute("aria-pressed", String(drawing?.shape === shape));
    }
    const isLong = drawing !== null && drawing.shape !== "point";
    this.finish.hidden = this.undo.hidden = !isLong;
    this.finish.disabled = !drawing?.canFinish;
    this.undo.disabled = !drawing?.points.length;
    this.hint.textContent = drawing ? TEXTS.hints[drawing.shape] : "";
  }

  private add(shape: Shape, points: readonly Vector[]): void {
    if (this.entries.get().length >= MAX_ANNOTATIONS) {
      this.scene.say(TEXTS.tooMany(MAX_ANNOTATIONS));
      return;
    }
    const made = makeAnnotation(shape, points, this.scene.camera, this.version);
    this.entries.put(made);
    this.open(made.id);
    this.editor?.focus();
    const number = this.marked().findIndex(({ annotation }) => annotation.id === made.id) + 1;
    this.scene.say(TEXTS.drawn(TEXTS.kinds[shape], number));
  }

  private open(id: string): void {
    const marked = this.marked().find(({ annotation }) => annotation.id === id);
    if (!marked) return;
    this.isUntouched = false;
    this.editor = new AnnotationEditor(marked, this.entries, this.scene, () => this.closeEditor());
    this.place.replaceChildren(this.editor.node);
    if (this.isOn) this.show();
    else this.setOn(true);
  }

  private closeEditor(): void {
    const id = this.editor?.id;
    this.editor = null;
    this.place.replaceChildren();
    this.show();
    if (id) this.list.focus(id);
  }

  /** All of them, each with the number that it has everywhere. */
  private marked(): Marked[] {
    return this.entries.get().map((annotation, index) => ({ annotation, number: index + 1 }));
  }

  private show(): void {
    const all = this.marked();
    if (this.isUntouched && !this.isOn && all.length > 0) {
      this.setOn(true);
      return;
    }
    const open = all.find(({ annotation }) => annotation.id === this.editor?.id);
    if (this.editor && !open) this.closeGone();
    else if (open) this.editor?.show(open);
    const wanted = all.filter((each) => each === open || this.list.isWanted(each.annotation));
    const entries = all.map(({ annotation }) => annotation);
    const shown = wanted.filter(({ annotation }) => this.list.isWanted(annotation));
    this.list.show(entries, shown, this.editor?.id ?? null);
    this.markers.show(this.isOn ? wanted : [], this.editor?.id ?? null);
    this.section.classList.toggle("has-editor", this.editor !== null);
  }

  /** The open annotation was deleted, here or by somebody else. */
  private closeGone(): void {
    const hadFocus = this.place.contains(document.activeElement);
    this.editor = null;
    this.place.replaceChildren();
    if (hadFocus) this.scene.focus();
  }
}
