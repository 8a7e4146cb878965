/**
 * Members who look at one scan at the same time: their pointers, and following somebody's view.
 *
 * Camera and pointer go to the others as they are, while others are here, and are stored nowhere.
 * Each view keeps its own camera; who follows somebody does so until they move the scan themselves.
 */
import type { CompanyLink, Disposable } from "../../host";
import type { CameraState, ScanScene, ScreenPoint, Vector } from "../scene";
import { CompanyBar } from "./bar";
import { isSameCamera, type Looker, lookersOf } from "./model";
import { Pointers } from "./pointers";
import { TEXTS } from "./texts";

const TELL_MS = 60;
const POINT_MS = 100;

/** Shows who else is here; does nothing where nobody can be. */
export function startTogether(scene: ScanScene, company: CompanyLink | undefined): Disposable {
  return company ? new Together(scene, company) : { dispose: () => undefined };
}

class Together implements Disposable {
  private readonly pointers: Pointers;
  private readonly bar: CompanyBar;
  private readonly watches: readonly Disposable[];
  private lookers: readonly Looker[] = [];
  private followed: Looker | null = null;
  /** The camera that was last taken over from whom is followed. */
  private taken: CameraState | null = null;
  private pointer: Vector | null = null;
  private place: ScreenPoint | null = null;
  private last = "";
  private telling: ReturnType<typeof setTimeout> | undefined;
  private pointing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly scene: ScanScene,
    private readonly company: CompanyLink,
  ) {
    this.pointers = new Pointers(scene);
    this.bar = new CompanyBar(
      (client) => this.follow(client === this.followed?.client ? null : client),
      () => this.point(null),
    );
    scene.addBar(this.bar.node);
    this.watches = [
      scene.onFrame(() => this.drawn()),
      scene.onPointer((at) => this.point(at)),
      company.subscribe(() => this.show()),
    ];
    this.tell();
    this.show();
  }

  dispose(): void {
    clearTimeout(this.telling);
    clearTimeout(this.pointing);
    for (const each of this.watches) each.dispose();
    this.pointers.dispose();
    this.bar.node.remove();
  }

  private show(): void {
    const before = this.lookers.length;
    this.lookers = lookersOf(this.company.get());
    if (before === 0 && this.lookers.length > 0) this.tellSoon();
    this.keepUp();
    this.pointers.show(this.lookers);
    this.bar.show(this.lookers, this.company.client, this.followed?.client ?? null);
  }

  private follow(client: number | null): void {
    const before = this.followed;
    this.followed = this.lookers.find((each) => each.client === client) ?? null;
    this.taken = null;
    if (this.followed) this.scene.say(TEXTS.followed(this.followed.name));
    else if (before) this.scene.say(TEXTS.ownWay(before.name));
    this.show();
    this.tellSoon();
  }

  /** Takes over the camera of whom we follow, unless we have moved since. */
  private keepUp(): void {
    const { followed } = this;
    if (!followed) return;
    const now = this.lookers.find(({ client }) => client === followed.client);
    if (!now) {
      this.followed = null;
      this.scene.say(TEXTS.left(followed.name));
      return;
    }
    if (this.hasMoved()) return;
    this.followed = now;
    if (this.taken && isSameCamera(this.taken, now.told.camera)) return;
    this.scene.camera = now.told.camera;
    this.taken = this.scene.camera;
  }

  private drawn(): void {
    if (this.lookers.length === 0) return;
    if (this.followed && this.hasMoved()) this.follow(null);
    this.tellSoon();
  }

  private hasMoved(): boolean {
    return this.taken !== null && !isSameCamera(this.taken, this.scene.camera);
  }

  /** Finds what lies under the pointer, a few times a second. */
  private point(at: ScreenPoint | null): void {
    this.place = this.bar.showsPointer ? at : null;
    if (this.lookers.length === 0 && this.pointer === null) return;
    this.pointing ??= setTimeout(() => {
      this.pointing = undefined;
      const { place } = this;
      this.pointer = (place && this.scene.pick(place.x, place.y)?.point) ?? null;
      this.tellSoon();
    }, POINT_MS);
  }

  private tellSoon(): void {
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      this.tell();
    }, TELL_MS);
  }

  private tell(): void {
    const follows = this.followed?.client ?? null;
    const told = { camera: this.scene.camera, pointer: this.pointer, follows };
    const text = JSON.stringify(told);
    if (text === this.last) return;
    this.last = text;
    this.company.tell(told);
  }
}
