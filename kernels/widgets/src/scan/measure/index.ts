/**
 * Measuring on the scan: points put on the displayed surface, previews of what lies between
 * them, and what the kernel answers on every measured triangle.
 */
import type { Disposable, ViewLink, ViewSpec } from "../../host";
import { download, fileName } from "../picture";
import type { ScanScene } from "../scene";
import type { Stage } from "../stage";
import { dot, times } from "../triangles";
import { MeasureBar } from "./bar";
import { toCsv } from "./csv";
import { planeOf } from "./cut_lines";
import { isFull, type Measured, MeasureList, mainValue, valuesOf } from "./list";
import { ANSWERS, type Answer, MARKS, type Mark } from "./mark";
import { type DrawnMark, MarksLayer } from "./marks_layer";
import { type Preview, preview } from "./preview";
import { type Form, MeasureSection } from "./section";
import { SurfaceLines } from "./surface_lines";
import { TEXTS, type ToolName } from "./texts";
import { type Drawing, MeasureTool } from "./tool";

const ICON = "M3.5 16.5 16.5 3.5l4 4-13 13zM7 13l2 2M10 10l2 2M13 7l2 2";
const MIME: Readonly<Record<Form, string>> = {
  svg: "image/svg+xml",
  dxf: "image/vnd.dxf",
  csv: "text/csv;charset=utf-8",
};

export interface MeasurePlaces {
  readonly scene: ScanScene;
  readonly stage: Stage;
  readonly spec: ViewSpec;
  readonly link: ViewLink | null;
  /** Points without a surface between them. */
  readonly isCloud: boolean;
}

/** Adds measuring to a scan's viewer. */
export function startMeasuring(places: MeasurePlaces): Disposable {
  return new Measuring(places);
}

class Measuring implements Disposable {
  private readonly list: MeasureList;
  private readonly layer: MarksLayer;
  private readonly lines: SurfaceLines;
  private readonly bar: MeasureBar;
  private readonly section: MeasureSection;
  private readonly held: Disposable[] = [];
  private tool: MeasureTool | null = null;
  private current: (Drawing & Preview) | null = null;
  /** The section at which the scan is cut open. */
  private opened: string | null = null;
  /** The displayed surface that previews were measured on. */
  private seen = -1;
  private chosen: string | null = null;

  constructor(private readonly places: MeasurePlaces) {
    const { scene, stage, spec, link } = places;
    this.bar = new MeasureBar({ choose: (name) => this.choose(name) }, places.isCloud);
    this.layer = new MarksLayer(scene);
    this.lines = new SurfaceLines(stage);
    this.section = this.makeSection();
    this.list = new MeasureList(
      link,
      initialOf(spec),
      (mark) => preview(mark, scene.crossed),
      () => this.changed(),
    );
    scene.addToggle(ICON, TEXTS.measure, (isOn) => this.open(isOn));
    scene.addBar(this.bar.node);
    scene.addSection(this.section.node);
    this.held.push(
      this.list,
      this.lines,
      scene.onFrame((isSharp) => this.drawn(isSharp)),
      scene.onPicture((context) => this.layer.paint(context, this.marks())),
    );
    this.changed();
  }

  dispose(): void {
    for (const each of this.held) each.dispose();
  }

  private open(isOn: boolean): void {
    this.bar.node.hidden = !isOn;
    this.choose(isOn ? "distance" : null);
  }

  private choose(name: ToolName | null): void {
    const { scene } = this.places;
    if (name === null) {
      if (this.tool) scene.use(null);
      return;
    }
    const tool: MeasureTool = new MeasureTool(
      name,
      {
        changed: () => {
          this.bar.update(this.tool);
          this.preview();
        },
        done: (drawn) => this.add(drawn),
        rested: () => this.rested(tool),
        say: (text) => scene.say(text),
      },
      () => scene.toViewer,
    );
    scene.use(tool);
    this.tool = tool;
    this.bar.update(tool);
    scene.say(`${tool.step}. ${TEXTS.keys}`);
    scene.focus();
  }

  /** A tool that was put away; another one may be in use already. */
  private rested(tool: MeasureTool): void {
    if (this.places.scene.tool === tool) this.places.scene.use(null);
    if (this.tool === tool) this.tool = null;
    this.bar.update(this.tool);
    this.preview();
  }

  private add(drawn: Pick<Mark, "kind" | "points" | "along" | "within">): void {
    const { scene } = this.places;
    try {
      const { id } = this.list.add(drawn);
      const found = this.list.all.find(({ mark }) => mark.id === id);
      if (found)
        scene.say(
          `${TEXTS.saved(found.mark.label, mainValue(found)?.text ?? "")}, ${TEXTS.preview}`,
        );
    } catch (error) {
      scene.say(error instanceof Error ? error.message : String(error));
    }
    this.bar.update(this.tool);
  }

  private changed(): void {
    const all = this.list.all;
    if (this.opened && !all.some(({ mark }) => mark.id === this.opened)) this.cut(null);
    this.section.update(all, this.places.link?.ask !== undefined, this.opened);
    this.preview();
  }

  /** Previews on the surface follow it once it is as sharp as it gets. */
  private drawn(isSharp: boolean): void {
    const { surfaceVersion } = this.places.scene;
    if (isSharp && surfaceVersion !== this.seen) {
      this.seen = surfaceVersion;
      if (this.list.renew()) this.changed();
    }
    this.draw();
  }

  /** Measures what is being drawn, and lays its lines on the surface. */
  private preview(): void {
    const { scene } = this.places;
    const drawing = this.tool?.drawing;
    this.current = drawing ? { ...drawing, ...preview(drawing, scene.crossed) } : null;
    const color = this.list.nextColor;
    const now = this.current ? [{ color, segments: this.current.segments }] : [];
    const before = this.list.all.map((each) => ({
      color: each.color,
      segments: each.preview.segments,
    }));
    this.lines.show([...before, ...now].filter(({ segments }) => segments.length > 0));
    this.draw();
    scene.invalidate();
  }

  private draw(): void {
    this.layer.draw(this.marks(), this.tool?.hovered ?? null);
  }

  /** What is drawn over the picture, the measurement under the hands last. */
  private marks(): DrawnMark[] {
    const marks = this.list.all.map((each) => ({
      kind: each.mark.kind,
      points: each.mark.points,
      color: each.color,
      text: `${each.number}  ${mainValue(each)?.text ?? ""}`,
      isPreview: !isFull(each),
      isChosen: each.mark.id === this.chosen,
    }));
    if (!this.current) return marks;
    const { kind, points, values } = this.current;
    const color = this.list.nextColor;
    const text = values[0]?.text ?? "";
    return [...marks, { kind, points, color, text, isPreview: true, isChosen: true }];
  }

  private makeSection(): MeasureSection {
    const { scene, spec } = this.places;
    return new MeasureSection({
      rename: (id, label) => {
        if (label) this.list.rename(id, label);
      },
      remove: ({ mark }) => {
        this.chosen = null;
        this.list.remove(mark.id);
        scene.say(TEXTS.removed(mark.label));
        scene.focus();
      },
      cut: ({ mark }, isOn) => {
        this.cut(isOn ? mark : null);
        this.changed();
      },
      copy: (measured) => void this.copy(measured),
      exportAll: () => {
        const table = new Blob([toCsv(spec, this.list.all)], { type: MIME.csv });
        download(table, `${fileName(spec)}-measurements.csv`);
      },
      drawing: (measured, form, scale) => void this.saveDrawing(measured, form, scale),
      choose: (id) => {
        this.chosen = id;
        this.draw();
      },
    });
  }

  /** Takes away the half that is nearer to the viewer now. */
  private cut(mark: Mark | null): void {
    const { scene, stage } = this.places;
    const plane = mark && planeOf(mark.points, mark.along);
    const isNear = plane !== null && dot(plane.normal, scene.toViewer) >= 0;
    const turned = plane && { normal: times(plane.normal, -1), offset: -plane.offset };
    stage.cutaway = isNear ? plane : turned;
    this.opened = plane && mark ? mark.id : null;
  }

  private async copy(measured: Measured): Promise<void> {
    const { spec, scene } = this.places;
    const { label } = measured.mark;
    const level = isFull(measured) ? TEXTS.full : TEXTS.preview;
    const values = valuesOf(measured).map(({ name, text }) => `${name}\t${text}`);
    const origin = `${spec.dataset}@${spec.dataset_version}, ${spec.item}; ${level}`;
    try {
      await navigator.clipboard.writeText([label, ...values, origin].join("\n"));
      scene.say(TEXTS.copied(label));
    } catch (error) {
      scene.say(String(error));
    }
  }

  private async saveDrawing({ mark }: Measured, form: Form, scale: string): Promise<void> {
    const { link, scene, spec } = this.places;
    try {
      const question = { ask: "section", id: mark.id, format: form, scale };
      const { text, trouble } = (await link?.ask?.(question)) ?? {};
      if (typeof text !== "string") throw new Error(String(trouble ?? TEXTS.needsKernel));
      const name = `${fileName(spec)}-${mark.label.replaceAll(/[^\p{L}\p{N}]+/gu, "-")}.${form}`;
      download(new Blob([text], { type: MIME[form] }), name);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      scene.complain(TEXTS.drawingFailed, why);
    }
  }
}

/** What the saved view has; it comes from outside. */
function initialOf({ options }: ViewSpec): { marks: readonly Mark[]; answers: readonly Answer[] } {
  const [marks, answers] = [options?.measurements, options?.answers];
  return {
    marks: Array.isArray(marks) ? marks.filter(MARKS.is) : [],
    answers: Array.isArray(answers) ? answers.filter(ANSWERS.is) : [],
  };
}
