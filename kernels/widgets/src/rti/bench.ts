/** The viewer's parts, joined: there is one light, and all of them show it. */
import type { Disposable, ListKind, ListLink, ViewLink, ViewSpec } from "../host";
import type { RtiApi, RtiInfo } from "./api";
import { Controls } from "./controls";
import { Lamp } from "./lamp";
import { isSavedLight, type Light, type SavedLight, steady } from "./light";
import { LightRow } from "./lights";
import { type RtiOptions, readOptions } from "./options";
import type { Appearance } from "./relighter";
import { Stage } from "./stage";
import { TEXTS } from "./texts";

const NOW = "now";
const LIGHTS: ListKind<SavedLight> = {
  trait: "lights",
  is: isSavedLight,
  keyOf: ({ label }) => label,
};
/** The light that is on: a list of one, so that it is kept and shared as lists are. */
const LIGHT: ListKind<SavedLight> = { ...LIGHTS, trait: "light" };

export interface BenchEvents {
  /** Tells where the light is; aloud once it stands still. */
  light(text: string, isDone: boolean): void;
  ready(): void;
  sharp(isSharp: boolean): void;
  complain(error: unknown): void;
}

export class Bench implements Disposable {
  private appearance: Appearance;
  private readonly stage: Stage;
  private readonly lamp = new Lamp((light, isDone) => this.setLight(light, isDone));
  private readonly controls: Controls;
  private readonly row: LightRow;
  private readonly now: ListLink<SavedLight>;
  private readonly subscriptions: Disposable[] = [];
  private isReady = false;

  constructor(
    spec: ViewSpec,
    info: RtiInfo,
    api: RtiApi,
    link: ViewLink | null,
    private readonly events: BenchEvents,
  ) {
    const options = readOptions(spec.options);
    const lights = listOf(link, LIGHTS, options.lights.length ? options.lights : info.lights);
    this.now = listOf(link, LIGHT, []);
    this.appearance = { ...options, light: this.now.get()[0] ?? options.light };
    this.stage = this.makeStage(info, api);
    this.controls = this.makeControls(options);
    this.row = new LightRow(info, options.raking, lights, {
      show: (light) => this.setLight(light, true),
      redraw: () => this.drawRow(),
    });
    this.subscriptions.push(
      lights.subscribe(() => this.row.update()),
      this.now.subscribe(([light]) => light && this.follow(light)),
    );
    this.show(this.appearance.light, false);
  }

  get nodes(): HTMLElement[] {
    this.stage.node.append(this.lamp.node);
    return [this.controls.node, this.stage.node, this.row.node];
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
    this.stage.dispose();
  }

  private makeStage(info: RtiInfo, api: RtiApi): Stage {
    const { sharp, complain } = this.events;
    return new Stage(info, api, this.appearance, {
      light: (light, isDone) => this.setLight(light, isDone),
      ready: () => {
        this.isReady = true;
        this.events.ready();
        this.drawRow(); // draws the picture again too, and so tells how sharp it is
      },
      sharp,
      complain,
    });
  }

  private makeControls(options: RtiOptions): Controls {
    return new Controls(options.look, options.gloss, {
      look: (look) => this.change({ look }),
      gloss: (gloss) => this.change({ gloss }),
      dragged: (what) => {
        this.stage.dragged = what;
      },
      save: () => this.row.save(this.appearance.light),
    });
  }

  private setLight(light: Light, isDone: boolean): void {
    this.show(light, isDone);
    if (!isDone) return;
    const { azimuth, elevation } = this.appearance.light;
    this.now.set([{ label: NOW, azimuth, elevation }]);
  }

  /** Shows the light that somebody else, or the kernel, has set. */
  private follow(light: SavedLight): void {
    const { azimuth, elevation } = this.appearance.light;
    if (light.azimuth !== azimuth || light.elevation !== elevation) this.show(light, true);
  }

  private show(light: Light, isDone: boolean): void {
    this.change({ light: steady(light) });
    this.lamp.show(this.appearance.light);
    const { azimuth, elevation } = this.appearance.light;
    this.events.light(TEXTS.lightNow(azimuth, elevation), isDone);
  }

  private change(part: Partial<Appearance>): void {
    this.appearance = { ...this.appearance, ...part };
    this.stage.show(this.appearance);
    if (part.light === undefined) this.drawRow();
  }

  private drawRow(): void {
    if (!this.isReady) return;
    const pictures = this.row.pictures;
    this.stage.drawSmall(
      pictures.map(({ canvas, light }) => [canvas, { ...this.appearance, light }] as const),
    );
  }
}

/** The shared list, or one of this viewer's own; `first` is what it holds until it is changed. */
function listOf(
  link: ViewLink | null,
  kind: ListKind<SavedLight>,
  first: readonly SavedLight[],
): ListLink<SavedLight> {
  const shared = link?.list(kind);
  if (!shared) return ownList(first);
  let isChanged = false;
  return {
    get: () => (isChanged || shared.get().length ? shared.get() : first),
    set: (items) => {
      isChanged = true;
      shared.set(items);
    },
    subscribe: (listener) => shared.subscribe(listener),
  };
}

function ownList(first: readonly SavedLight[]): ListLink<SavedLight> {
  let items = first;
  return {
    get: () => items,
    set: (changed) => {
      items = changed;
    },
    subscribe: () => ({ dispose: () => undefined }),
  };
}
