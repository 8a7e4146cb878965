/** The list of control points: both places, by how much each is missed, and the whole. */
import { type ControlPoint, NEEDED, type PointFit } from "./control_points";
import { element } from "./element";
import { TEXTS } from "./texts";

export class PointTable {
  readonly node = element("div", { class: "mc-pointlist" });
  private readonly rows = element("tbody");
  private readonly table: HTMLElement;
  private readonly whole = element("p", { class: "mc-note", "aria-live": "polite" });

  constructor(private readonly onRemove: (id: string) => void) {
    const heads = [...TEXTS.pointColumns.map((text) => element("th", { scope: "col" }, text))];
    this.table = element(
      "table",
      { "aria-label": TEXTS.controlPoints },
      element("thead", {}, element("tr", {}, ...heads, element("td"))),
      this.rows,
    );
    this.node.append(this.table, this.whole);
  }

  /** @param pixelSizeMm Of the base. */
  update(points: readonly ControlPoint[], fit: PointFit | null, pixelSizeMm: number | null): void {
    const say = (px: number | null | undefined) => lengthOf(px ?? null, pixelSizeMm);
    this.table.hidden = points.length === 0;
    this.rows.replaceChildren(
      ...points.map((point, index) => {
        const cells = [
          String(index + 1),
          placeText(point.moving),
          placeText(point.fixed),
          say(fit?.residuals[index]),
          say(fit?.leftOut[index]),
          (point.edited_by ?? point.author)?.name ?? "",
        ];
        const made = cells.map((text) => element("td", {}, text));
        return element("tr", {}, ...made, element("td", {}, this.removal(point, index)));
      }),
    );
    this.whole.textContent =
      fit === null
        ? TEXTS.pointsMissing(points.length, NEEDED)
        : TEXTS.pointsFit(say(fit.rms), fit.error === null ? null : say(fit.error));
  }

  private removal({ id }: ControlPoint, index: number): HTMLElement {
    const name = TEXTS.removePoint(index + 1);
    const button = element("button", { type: "button", "aria-label": name, title: name }, "×");
    button.addEventListener("click", () => this.onRemove(id));
    return button;
  }
}

function placeText([x, y]: readonly [number, number]): string {
  return `${x.toFixed(1)}, ${y.toFixed(1)}`;
}

/** In pixels of the base, and on the object where a pixel's size is known. */
export function lengthOf(px: number | null, pixelSizeMm: number | null): string {
  if (px === null) return "–";
  const mm = pixelSizeMm === null ? "" : ` · ${(px * pixelSizeMm).toFixed(2)} mm`;
  return `${px.toFixed(2)} px${mm}`;
}
