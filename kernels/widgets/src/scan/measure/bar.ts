/** The row of measuring tools between head and picture, and what to do next. */
import { element, svg } from "../../cube/element";
import { disable, makeButton, makeTextButton } from "../controls";
import { TEXTS, type ToolName } from "./texts";
import type { MeasureTool } from "./tool";

const ICONS: Readonly<Record<ToolName, string>> = {
  distance: "M5 17.5 18 6.5M4 16v3h3M17 5h3v3",
  polyline: "M4 17 9 8l5 6 6-8",
  geodesic: "M4 17c3-11 13-11 16 0M4 17h.01M20 17h.01",
  angle: "M19 18H5L15 6M11.5 18a7 7 0 0 0-2-5",
  section2: "M4 12h16M8 7c0-2 8-2 8 0v2M8 15v2c0 2 8 2 8 0v-2",
  section3: "M4 15 9 7h11l-5 8zM9 18.5h.01M14 18.5h.01M19 18.5h.01",
};
const UNDO = "M9 7 5 11l4 4M5.5 11H14a5 5 0 0 1 0 8h-3";

/** What needs a surface between the points. */
const ON_SURFACES: ReadonlySet<ToolName> = new Set(["geodesic", "section2", "section3"]);

export interface BarEvents {
  /** A tool, or null for none. */
  choose(name: ToolName | null): void;
}

export class MeasureBar {
  readonly node = element("div", { class: "mm-bar", hidden: true });
  private readonly buttons = new Map<ToolName, HTMLButtonElement>();
  private readonly step = element("span", { class: "mm-step" }, TEXTS.choose);
  private readonly undo = makeButton(UNDO, TEXTS.undo, () => this.tool?.back());
  private readonly finish = makeTextButton(TEXTS.finish, () => this.tool?.finish());
  private tool: MeasureTool | null = null;

  constructor(
    private readonly events: BarEvents,
    isCloud: boolean,
  ) {
    const tools = element("div", {
      class: "mm-tools",
      role: "group",
      "aria-label": TEXTS.measure,
    });
    for (const name of Object.keys(TEXTS.tools) as ToolName[]) {
      const button = this.makeTool(name);
      if (isCloud && ON_SURFACES.has(name)) disable(button, TEXTS.noSurface);
      this.buttons.set(name, button);
      tools.append(button);
    }
    const ends = element("span", { class: "mm-ends" }, this.undo, this.finish);
    this.node.append(tools, element("p", { class: "mm-next" }, this.step, ends));
    this.update(null);
  }

  /** Shows which tool is in use and what it waits for. */
  update(tool: MeasureTool | null): void {
    this.tool = tool;
    for (const [name, button] of this.buttons) {
      button.setAttribute("aria-pressed", String(name === tool?.name));
    }
    this.step.textContent = tool?.step ?? TEXTS.choose;
    this.step.title = TEXTS.keys;
    this.undo.hidden = !tool?.points.length;
    this.finish.hidden = !tool?.canFinish;
  }

  private makeTool(name: ToolName): HTMLButtonElement {
    const button = element(
      "button",
      { type: "button", "aria-pressed": "false", title: TEXTS.tools[name] },
      svg(
        "svg",
        { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" },
        svg("path", { d: ICONS[name] }),
      ),
      element("span", {}, TEXTS.tools[name]),
    );
    button.addEventListener("click", () => {
      this.events.choose(button.getAttribute("aria-pressed") === "true" ? null : name);
    });
    return button;
  }
}
