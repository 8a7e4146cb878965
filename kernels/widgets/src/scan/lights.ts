/** The lamps around an object: a quiet studio, or one lamp low at the side for raking light. */
import { Color, DirectionalLight, Group, HemisphereLight, type Object3D, Vector3 } from "three";

/** Where the raking lamp stands, as the viewer sees it. Degrees. */
export interface RakingLamp {
  /** 0 is from the right, counter-clockwise. */
  direction: number;
  /** 0 grazes the picture plane, 90 shines from the viewer. */
  height: number;
}

const STUDIO_KEY = 2.3;
const RAKING_KEY = 4.2;

/** Lamps that stand still relative to the viewer, so an object turned is an object lit anew. */
export class Lights {
  readonly node = new Group();
  private readonly sky = new HemisphereLight(new Color("#ffffff"), new Color("#8a7f74"), 1.05);
  private readonly key = new DirectionalLight(new Color("#fff6ea"), STUDIO_KEY);
  private readonly fill = new DirectionalLight(new Color("#e6eefc"), 0.55);
  private readonly rim = new DirectionalLight(new Color("#ffffff"), 1.1);

  constructor() {
    this.sky.position.set(0, 1, 0.25);
    for (const light of [this.key, this.fill, this.rim]) this.node.add(light, light.target);
    this.node.add(this.sky);
    this.showStudio();
  }

  /** Attaches the lamps to the camera. */
  attach(camera: Object3D): void {
    camera.add(this.node);
  }

  showStudio(): void {
    this.sky.intensity = 1.05;
    this.key.intensity = STUDIO_KEY;
    this.fill.intensity = 0.55;
    this.rim.intensity = 1.1;
    this.key.position.set(-0.7, 0.75, 0.8);
    this.fill.position.set(0.9, 0.1, 0.7);
    this.rim.position.set(0.55, 0.6, -0.9);
  }

  showRaking({ direction, height }: RakingLamp): void {
    const [around, up] = [(direction * Math.PI) / 180, (height * Math.PI) / 180];
    this.sky.intensity = 0.16;
    this.fill.intensity = 0;
    this.rim.intensity = 0;
    this.key.intensity = RAKING_KEY;
    const away = new Vector3(
      Math.cos(around) * Math.cos(up),
      Math.sin(around) * Math.cos(up),
      Math.sin(up),
    );
    this.key.position.copy(away);
  }
}
