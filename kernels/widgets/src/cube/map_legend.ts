/** What the colours of a map mean: a ramp with its ends, or a list of classes. */
import { element } from "./element";
import type { MapInfo, MapStyle } from "./map_api";
import { TEXTS } from "./texts";

/** The limits that a style shows: its own, else the plane's percentiles. */
export function limitsOf(info: MapInfo, style: MapStyle): readonly [number, number] {
  const low = style.low ?? info.limits.low[style.plane] ?? 0;
  return [low, style.high ?? info.limits.high[style.plane] ?? 1];
}

export function mapLegend(info: MapInfo, style: MapStyle): HTMLElement {
  const notes = [info.planes[style.plane]?.note ?? ""].filter((note) => note !== "");
  const node = element("div", { class: "mc-maplegend" });
  if (info.kind === "classes") node.append(classList(info));
  if (info.kind === "values") node.append(ramp(info, style));
  node.append(...notes.map((note) => element("span", { class: "mc-warning" }, note)));
  return node;
}

function ramp(info: MapInfo, style: MapStyle): HTMLElement {
  const stops = info.ramps.find(({ name }) => name === style.ramp)?.stops ?? [];
  const [low, high] = limitsOf(info, style).map((value) => String(Number(value.toPrecision(3))));
  const bar = element("span", { class: "mc-ramp" });
  bar.style.setProperty("--mc-ramp", `linear-gradient(to right, ${stops.join(", ")})`);
  const unit = info.units === "" || info.units === "1" ? info.quantity : info.units;
  return element(
    "span",
    { class: "mc-scale", role: "img", "aria-label": TEXTS.rampOf(low ?? "", high ?? "", unit) },
    element("span", {}, low ?? ""),
    bar,
    element("span", {}, `${high ?? ""} ${unit}`.trim()),
  );
}

function classList({ classes }: MapInfo): HTMLElement {
  const rows = classes.map(({ name, colour }) => {
    const swatch = element("span", { class: "mc-swatch", "aria-hidden": true });
    swatch.style.backgroundColor = colour;
    return element("li", { class: "mc-class" }, swatch, name);
  });
  const unknown = element("span", { class: "mc-swatch mc-unknown", "aria-hidden": true });
  return element(
    "ul",
    { class: "mc-classes", "aria-label": TEXTS.classes },
    ...rows,
    element("li", { class: "mc-class" }, unknown, TEXTS.unknown),
  );
}
