/**
 * Under the layers: control points of one layer, how well they agree, and the tool that sets
 * them. The layer can be laid where the points say; what is kept of them are the points.
 */
import type { Disposable, ViewLink } from "../host";
import { CONTROL_POINTS, type ControlPoint, fitPoints, MODELS, type Model } from "./control_points";
import { element } from "./element";
import type { LayerStack } from "./layer";
import { fromRows, type Matrix } from "./matrix";
import type { OpenLayer } from "./opening";
import { PointList } from "./point_list";
import { PointTable } from "./point_table";
import { PointTool, type Step } from "./point_tool";
import { TEXTS } from "./texts";

export interface PointsEvents {
  redraw(): void;
  /** Points are being set: nothing else shall take the pointer. */
  begin(): void;
  say(text: string): void;
  complain(error: unknown): void;
}

export class PointsPanel implements Disposable {
  readonly node = element("details", { class: "mc-points" });
  readonly tool: PointTool;
  private readonly list: PointList;
  private readonly table: PointTable;
  private readonly choice: HTMLSelectElement;
  private readonly model: HTMLSelectElement;
  private readonly laid = element("input", { type: "checkbox" });
  private readonly toggle = element("button", { type: "button" }, TEXTS.setPoints);
  private readonly status = element("p", { class: "mc-note mc-step" });
  /** Where the layers lay at first. */
  private readonly before = new Map<OpenLayer, Matrix>();

  /** @param opened The base first, and at least one layer. */
  constructor(
    private readonly opened: readonly OpenLayer[],
    private readonly stack: LayerStack,
    link: ViewLink | null,
    initial: readonly ControlPoint[],
    private readonly events: PointsEvents,
  ) {
    for (const each of opened) this.before.set(each, each.layer.toBase);
    this.choice = choiceOf(
      TEXTS.pointsOf,
      opened.slice(1).map(({ layer }, index) => [String(index + 1), layer.name]),
    );
    this.model = choiceOf(
      TEXTS.model,
      MODELS.map((each) => [each, TEXTS.models[each]]),
    );
    this.model.value = "affine" satisfies Model;
    this.table = new PointTable((id) => this.list.remove(id));
    this.tool = this.makeTool();
    this.list = new PointList(
      () => this.refresh(),
      events.complain,
      link?.list(CONTROL_POINTS) ?? null,
      initial,
    );
    this.arrange();
    this.listen();
    this.refresh();
  }

  /** Ends the setting of points. */
  rest(): void {
    if (this.tool.step !== null) this.tool.turn(false);
  }

  dispose(): void {
    this.list.dispose();
  }

  private get chosen(): OpenLayer | undefined {
    return this.opened[Number(this.choice.value)];
  }

  private get points(): readonly ControlPoint[] {
    return this.chosen ? this.list.of(this.chosen.path) : [];
  }

  private refresh(): void {
    if (this.list === undefined || this.chosen === undefined) return; // while being made
    const { chosen, points } = this;
    const found = fitPoints(points, MODELS.find((each) => each === this.model.value) ?? "affine");
    const size = this.opened[0]?.pixelSizeMm ?? null;
    this.table.update(points, found, size);
    for (const [each, matrix] of this.before) each.layer.toBase = matrix;
    const matrix = this.laid.checked && found ? fromRows(found.rows) : null;
    if (matrix !== null) chosen.layer.toBase = matrix;
    this.events.redraw();
  }

  private makeTool(): PointTool {
    const panel = this;
    return new PointTool({
      get isOpen() {
        return panel.node.open;
      },
      get points() {
        return panel.points;
      },
      get toBase() {
        return panel.chosen?.layer.toBase ?? { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 };
      },
      sizeOf: (side) => {
        const of = side === "fixed" ? this.opened[0] : this.chosen;
        return of?.layer.geometry ?? { width: 0, height: 0 };
      },
      add: (moving, fixed) => this.add(moving, fixed),
      removeLast: () => {
        const last = this.points.at(-1);
        if (last) this.list.remove(last.id);
      },
      stepped: (step) => this.showStep(step),
      redraw: () => this.events.redraw(),
    });
  }

  private add(moving: ControlPoint["moving"], fixed: ControlPoint["fixed"]): void {
    if (this.chosen) this.list.add({ layer: this.chosen.path, moving, fixed });
    this.events.say(TEXTS.pointSet(this.points.length));
  }

  /** The stage shows only what is to be pointed at. */
  private showStep(step: Step): void {
    const { chosen } = this;
    const [base] = this.opened;
    this.stack.solo = (step === "moving" ? chosen?.layer : step && base?.layer) ?? null;
    this.toggle.setAttribute("aria-pressed", String(step !== null));
    const name = (step === "moving" ? chosen?.layer.name : base?.layer.name) ?? "";
    this.status.textContent = step === null ? "" : TEXTS.pointAt[step](name);
    if (step !== null) this.events.say(this.status.textContent);
  }

  private arrange(): void {
    this.toggle.setAttribute("aria-pressed", "false");
    const many = this.opened.length > 2;
    this.node.append(
      element("summary", {}, TEXTS.controlPoints),
      element(
        "div",
        { class: "mc-pointbar" },
        ...(many ? [element("label", { class: "mc-field" }, TEXTS.pointsOf, this.choice)] : []),
        this.toggle,
        element("label", { class: "mc-field" }, TEXTS.model, this.model),
        element("label", { class: "mc-field" }, this.laid, TEXTS.layByPoints),
      ),
      this.status,
      this.table.node,
    );
  }

  private listen(): void {
    this.toggle.addEventListener("click", () => {
      const isOn = this.tool.step === null;
      if (isOn) this.events.begin();
      this.tool.turn(isOn);
    });
    this.node.addEventListener("toggle", () => {
      if (!this.node.open) this.rest();
      this.events.redraw();
    });
    for (const input of [this.model, this.laid]) {
      input.addEventListener("change", () => this.refresh());
    }
    this.choice.addEventListener("change", () => {
      this.rest();
      this.refresh();
    });
  }
}

function choiceOf(name: string, options: readonly [string, string][]): HTMLSelectElement {
  return element(
    "select",
    { "aria-label": name },
    ...options.map(([value, text]) => element("option", { value }, text)),
  );
}
