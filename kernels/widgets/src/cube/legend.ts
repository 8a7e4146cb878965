/** The list under the plot: spots and regions with colour, name, place, author, and actions. */
import type { Signed } from "../host";
import { element } from "./element";
import type { PickedSpectrum } from "./picks";
import type { MarkedRegion } from "./region_list";
import { TEXTS } from "./texts";

export interface LegendEvents {
  rename(index: number, label: string): void;
  remove(index: number): void;
  clear(): void;
  renameRegion(id: string, label: string): void;
  removeRegion(id: string): void;
  clearRegions(): void;
  showMean(isShown: boolean): void;
  exportCsv(): void;
  exportGeoJson(): void;
  exportProfile(): void;
}

/** What one row shows. */
interface Row {
  readonly mark: string;
  readonly color: string;
  readonly label: string;
  readonly nameField: string;
  readonly place: string;
  readonly of: Signed;
  rename(label: string): void;
  remove(): void;
}

export class Legend {
  readonly node: HTMLElement;
  private readonly list = element("ul", { "aria-label": TEXTS.spots });
  private readonly regions = element("ul", { "aria-label": TEXTS.regions });
  private readonly more = element("p", { class: "mc-note" });
  private readonly actions: HTMLElement;
  private readonly regionActions: HTMLElement;
  private readonly profile: HTMLButtonElement;
  private readonly clearSpots: HTMLButtonElement;
  private readonly mean: HTMLButtonElement;
  private shown = "";

  constructor(private readonly events: LegendEvents) {
    this.mean = button(TEXTS.meanOfRegions, TEXTS.meanName, () => this.toggleMean());
    this.mean.setAttribute("aria-pressed", "false");
    this.profile = button(TEXTS.exportProfile, TEXTS.exportProfileName, events.exportProfile);
    this.clearSpots = button(TEXTS.clear, TEXTS.clearName, events.clear);
    this.regionActions = element(
      "div",
      { class: "mc-actions" },
      this.mean,
      button(TEXTS.exportGeoJson, TEXTS.exportGeoJsonName, events.exportGeoJson),
      this.profile,
      button(TEXTS.clear, TEXTS.clearRegionsName, events.clearRegions),
    );
    this.actions = element(
      "div",
      { class: "mc-actions" },
      element("span", { class: "mc-note" }, TEXTS.spread),
      button(TEXTS.exportCsv, TEXTS.exportName, events.exportCsv),
      this.clearSpots,
    );
    this.node = element(
      "div",
      { class: "mc-legend" },
      this.more,
      this.list,
      this.regions,
      this.regionActions,
      this.actions,
    );
  }

  /**
   * Redraws only when the marks changed, so that a name being typed keeps its cursor.
   *
   * @param all How many spots there are, listed or not.
   */
  update(picked: readonly PickedSpectrum[], all: number, regions: readonly MarkedRegion[]): void {
    const counts = regions.map(({ region, spectrum }) => [region, spectrum?.count ?? null]);
    const state = JSON.stringify([picked.map(({ pick }) => pick), all, counts]);
    this.actions.hidden = picked.length === 0 && regions.length === 0;
    this.clearSpots.hidden = picked.length === 0;
    this.regionActions.hidden = regions.length === 0;
    this.profile.hidden = !regions.some(({ region }) => region.shape === "line");
    if (state === this.shown) return;
    this.shown = state;
    this.more.textContent = all > picked.length ? TEXTS.lastOf(picked.length, all) : "";
    const first = all - picked.length;
    this.list.replaceChildren(...picked.map((each, at) => makeRow(this.spot(each, first + at))));
    this.regions.replaceChildren(...regions.map((each) => makeRow(this.region(each))));
  }

  private toggleMean(): void {
    const isShown = this.mean.getAttribute("aria-pressed") !== "true";
    this.mean.setAttribute("aria-pressed", String(isShown));
    this.events.showMean(isShown);
  }

  private spot({ pick, number, color }: PickedSpectrum, index: number): Row {
    return {
      mark: String(number),
      color,
      label: pick.label,
      nameField: TEXTS.nameOf(number),
      place: `x ${pick.x}, y ${pick.y} · r ${pick.radius}`,
      of: pick,
      rename: (label) => this.events.rename(index, label),
      remove: () => this.events.remove(index),
    };
  }

  private region({ region, mark, color, spectrum }: MarkedRegion): Row {
    return {
      mark,
      color,
      label: region.label,
      nameField: TEXTS.nameOfRegion(mark),
      place: spectrum ? TEXTS.pixels(spectrum.count) : "",
      of: region,
      rename: (label) => this.events.renameRegion(region.id, label),
      remove: () => this.events.removeRegion(region.id),
    };
  }
}

function makeRow(row: Row): HTMLLIElement {
  const name = element("input", {
    type: "text",
    value: row.label,
    maxlength: 60,
    "aria-label": row.nameField,
  });
  name.addEventListener("change", () => row.rename(name.value.trim() || row.label));
  const dot = element("span", { class: "mc-dot", "aria-hidden": true }, row.mark);
  dot.style.backgroundColor = row.color;
  const place = element("span", { class: "mc-place" }, row.place);
  const remove = button("×", TEXTS.remove(row.label), row.remove);
  return element("li", {}, dot, name, ...author(row.of), place, remove);
}

function author({ author: made, edited_by: edited }: Signed): HTMLElement[] {
  if (!made) return [];
  const said = [TEXTS.by(made.name), ...(edited ? [TEXTS.editedBy(edited.name)] : [])].join(", ");
  return [element("span", { class: "mc-author", title: `${said} (${made.username})` }, said)];
}

function button(text: string, name: string, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", "aria-label": name, title: name }, text);
  made.addEventListener("click", act);
  return made;
}
