/** Search in the workspace's spectral libraries, and the entries that lie over the plot. */
import type { Curve } from "./curves";
import { type Display, shown } from "./display";
import { element } from "./element";
import type { LibraryEntry, LibraryHit, LibrarySearch, RegionApi } from "./region_api";
import { TEXTS } from "./texts";

const COLORS = ["#444b54", "#8a5a00", "#5c4b8a", "#2f6f4f"] as const;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const MAX_ENTRIES = 12;

export class LibraryBox {
  readonly node: HTMLElement;
  private entries: readonly LibraryEntry[] = [];
  private readonly input = element("input", {
    type: "search",
    placeholder: TEXTS.librarySearch,
    "aria-label": TEXTS.librarySearch,
    maxlength: 100,
  });
  private readonly status = element("p", { class: "mc-note", role: "status" });
  private readonly results = element("ul", { class: "mc-results", "aria-label": TEXTS.found });
  private readonly chosen = element("ul", { class: "mc-chosen", "aria-label": TEXTS.overlaid });

  constructor(
    private readonly api: RegionApi,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
  ) {
    const go = element("button", { type: "submit" }, TEXTS.search);
    const form = element("form", { role: "search" }, this.input, go);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.search();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault(); // in JupyterLab's outputs the browser doesn't submit by itself
      form.requestSubmit();
    });
    this.node = element(
      "details",
      { class: "mc-library" },
      element("summary", {}, TEXTS.library),
      form,
      this.status,
      this.results,
      this.chosen,
    );
  }

  /** The overlaid entries as `display` shows them; those of another kind of values are left out. */
  curves(display: Display, quantity: string): Curve[] {
    return this.entries.flatMap((entry, index) => {
      const series = seriesOf(entry, display, quantity);
      const mark = LETTERS[index] ?? "";
      const name = `${entry.name}, ${entry.library}`;
      return series ? [{ name, mark, color: colorAt(index), series, isReference: true }] : [];
    });
  }

  private async search(): Promise<void> {
    const words = this.input.value.trim();
    if (words === "") return;
    this.status.textContent = TEXTS.searching;
    this.results.replaceChildren();
    try {
      this.show(await this.api.search(words));
    } catch (error) {
      this.status.textContent = "";
      this.onError(error);
    }
  }

  private show({ libraries, found, hits }: LibrarySearch): void {
    this.status.textContent =
      libraries.length === 0 ? TEXTS.noLibrary : TEXTS.hits(hits.length, found, libraries);
    this.results.replaceChildren(...hits.map((hit) => this.row(hit)));
  }

  private row(hit: LibraryHit): HTMLLIElement {
    const text = hit.elements ? `${hit.name} (${hit.elements})` : hit.name;
    const button = element("button", { type: "button", title: TEXTS.overlay(hit.name) }, text);
    button.addEventListener("click", () => void this.add(hit));
    return element("li", {}, button);
  }

  private async add(hit: LibraryHit): Promise<void> {
    try {
      const entry = await this.api.entry(hit);
      if (this.entries.some((each) => each.name === entry.name && each.library === entry.library))
        return;
      this.set([...this.entries, entry].slice(-MAX_ENTRIES));
    } catch (error) {
      this.onError(error);
    }
  }

  private set(entries: readonly LibraryEntry[]): void {
    this.entries = entries;
    this.chosen.replaceChildren(...entries.map((entry, index) => this.chip(entry, index)));
    this.onChange();
  }

  private chip(entry: LibraryEntry, index: number): HTMLLIElement {
    const mark = element("span", { class: "mc-dot mc-dashed", "aria-hidden": true });
    mark.textContent = LETTERS[index] ?? "";
    mark.style.borderColor = colorAt(index);
    const remove = element(
      "button",
      { type: "button", "aria-label": TEXTS.remove(entry.name) },
      "×",
    );
    remove.addEventListener("click", () => this.set(this.entries.filter((each) => each !== entry)));
    const name = element("span", { class: "mc-name", title: entry.library }, entry.name);
    return element("li", {}, mark, name, remove);
  }
}

const OPTICAL = ["reflectance", "absorbance", "k_over_s"];

/** An entry is only shown beside values it can be compared with. */
function seriesOf(entry: LibraryEntry, display: Display, quantity: string) {
  const isComparable = OPTICAL.includes(entry.quantity) && OPTICAL.includes(quantity);
  if (!isComparable && entry.quantity !== quantity) return null;
  const series = { places: entry.wavelength_nm, mean: entry.values, std: null };
  return shown(series, entry.quantity, display);
}

function colorAt(index: number): string {
  return COLORS[index % COLORS.length] ?? COLORS[0];
}
