/** Opens what a view specification names: the base, and the layers registered to it. */
import type { ViewerHost, ViewSpec } from "../host";
import { CubeApi, type CubeInfo, type ItemAddress, type Style } from "./api";
import { BandControls } from "./band_controls";
import { Layer } from "./layer";
import { type LayerOptions, readLayers, readMapStyle, readStyle } from "./layer_options";
import { MapApi } from "./map_api";
import { MapControls } from "./map_controls";
import { IDENTITY } from "./matrix";
import { describePlace } from "./spectral_axis";
import { TEXTS } from "./texts";

/** A layer, and what a person can choose of it. */
export interface OpenLayer {
  readonly layer: Layer;
  /** `<workgroup>/<dataset>/<item>`. */
  readonly path: string;
  readonly pixelSizeMm: number | null;
  readonly isSynthetic: boolean;
  readonly controls: HTMLElement | null;
  readonly legend: HTMLElement | null;
  /** What is said of it in one line. */
  readonly facts: string;
  /** Of a base that is a cube. */
  readonly cube: { readonly info: CubeInfo; readonly api: CubeApi } | null;
}

export interface OpeningEvents {
  redraw(): void;
  complain(error: unknown): void;
}

/**
 * Opens everything at once.
 *
 * @returns The base, and the layers over it; a layer that fails is complained about and left out.
 */
export async function openAll(
  spec: ViewSpec,
  host: ViewerHost,
  events: OpeningEvents,
): Promise<[OpenLayer, ...OpenLayer[]]> {
  const base = openBase(spec, host, events);
  const layers = readLayers(spec).map((options) => openLayer(options, host, events));
  const settled = await Promise.allSettled(layers);
  const opened: [OpenLayer, ...OpenLayer[]] = [await base];
  for (const result of settled) {
    if (result.status === "fulfilled") opened.push(result.value);
    else events.complain(result.reason);
  }
  return opened;
}

async function openBase(
  spec: ViewSpec,
  host: ViewerHost,
  events: OpeningEvents,
): Promise<OpenLayer> {
  const options = spec.options ?? {};
  if (spec.kind === "map") {
    return openMap({ ...spec, name: spec.item, toBase: IDENTITY, options }, host, events);
  }
  const api = new CubeApi(host, spec);
  const info = await api.info();
  const layer = new Layer(spec.item, info, IDENTITY, api.look(readStyle(options, info)));
  return {
    layer,
    path: nameOf(spec),
    pixelSizeMm: info.pixel_size_mm,
    isSynthetic: info.synthetic,
    facts: rangeOf(info),
    controls: null,
    legend: null,
    cube: { info, api },
  };
}

function openLayer(
  options: LayerOptions,
  host: ViewerHost,
  events: OpeningEvents,
): Promise<OpenLayer> {
  return options.kind === "map" ? openMap(options, host, events) : openCube(options, host, events);
}

async function openCube(
  options: LayerOptions,
  host: ViewerHost,
  events: OpeningEvents,
): Promise<OpenLayer> {
  const api = new CubeApi(host, options);
  const info = await api.info();
  const style = readStyle(options.options, info);
  const layer = makeLayer(options, info, api.look(style));
  const controls = new BandControls(info, style, (changed: Style) => {
    layer.look = api.look(changed);
    events.redraw();
  });
  return {
    layer,
    path: nameOf(options),
    pixelSizeMm: info.pixel_size_mm,
    isSynthetic: info.synthetic,
    facts: withPlace(rangeOf(info), options),
    controls: controls.node,
    legend: null,
    cube: null,
  };
}

type MapOptions = ItemAddress & Pick<LayerOptions, "name" | "toBase" | "options">;

async function openMap(
  options: MapOptions,
  host: ViewerHost,
  events: OpeningEvents,
): Promise<OpenLayer> {
  const { variable } = options.options;
  const api = new MapApi(host, options, typeof variable === "string" ? variable : "");
  const info = await api.info();
  const style = readMapStyle(options.options, info);
  const layer = makeLayer(options, info, api.look(style));
  const controls = new MapControls(info, api, style, {
    style: (changed) => {
      layer.look = api.look(changed);
      events.redraw();
    },
    complain: events.complain,
  });
  return {
    layer,
    path: nameOf(options),
    pixelSizeMm: info.pixel_size_mm,
    isSynthetic: info.synthetic,
    facts: withPlace(TEXTS.planes(info.planes.length, info.kind), options),
    controls: controls.node,
    legend: controls.legend,
    cube: null,
  };
}

function rangeOf({ axis, coordinate }: CubeInfo): string {
  const [from, to] = [coordinate[0] ?? 0, coordinate.at(-1) ?? 0];
  return `${Number(from.toFixed(3))}–${describePlace(axis, to)}, ${TEXTS.bandCount(axis.name, coordinate.length)}`;
}

function nameOf({ dataset, item }: ItemAddress): string {
  return `${dataset}/${item}`;
}

/** Says if nobody knows yet where the layer lies. */
function withPlace(facts: string, { options }: MapOptions): string {
  return options.stretched === true ? `${facts}, ${TEXTS.stretched}` : facts;
}

function makeLayer(
  { name, toBase, options }: MapOptions,
  geometry: Layer["geometry"],
  look: Layer["look"],
): Layer {
  const layer = new Layer(name, geometry, toBase, look);
  if (typeof options.opacity === "number" && options.opacity >= 0 && options.opacity <= 1) {
    layer.opacity = options.opacity;
  }
  layer.isShown = options.shown !== false;
  return layer;
}
