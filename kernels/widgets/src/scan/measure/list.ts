/** The measurements of a view: shared marks, the kernel's answers, and previews until it answers. */
import type { Disposable, ListLink, ViewLink } from "../../host";
import { ANSWERS, type Answer, MARKS, MAX_MARKS, type Mark, type Value } from "./mark";
import type { Preview } from "./preview";
import { TEXTS } from "./texts";

/** A measurement as it is shown. */
export interface Measured {
  readonly mark: Mark;
  /** 1, 2, … as on the surface. */
  readonly number: number;
  readonly color: string;
  /** What the kernel says; null until it does. */
  readonly answer: Answer | null;
  readonly preview: Preview;
}

/** Distinct for colour-blind eyes (after Okabe and Ito), dark enough for white text on them. */
const COLORS = ["#0a66a8", "#b34700", "#08775c", "#a83a80", "#7a5200", "#5a45a0"] as const;

export class MeasureList implements Disposable {
  private readonly marks: ListLink<Mark> | null;
  private readonly answers: ListLink<Answer> | null;
  private readonly subscriptions: readonly (Disposable | undefined)[];
  private readonly previews = new Map<string, Preview>();
  private own: readonly Mark[];
  private known: readonly Answer[];

  /**
   * @param initial - What the saved view shows.
   * @param look - Measures on what is displayed.
   * @param onChange - Called when there is something else to show.
   */
  constructor(
    link: ViewLink | null,
    initial: { readonly marks: readonly Mark[]; readonly answers: readonly Answer[] },
    private readonly look: (mark: Mark) => Preview,
    private readonly onChange: () => void,
  ) {
    this.marks = link?.list(MARKS) ?? null;
    this.answers = link?.list(ANSWERS) ?? null;
    const shared = this.marks?.get() ?? [];
    this.own = shared.length > 0 ? shared : initial.marks;
    const answered = this.answers?.get() ?? [];
    this.known = answered.length > 0 ? answered : initial.answers;
    this.subscriptions = [
      this.marks?.subscribe((marks) => {
        this.own = marks;
        this.onChange();
      }),
      this.answers?.subscribe((answers) => {
        this.known = answers;
        this.onChange();
      }),
    ];
  }

  get all(): readonly Measured[] {
    const answers = new Map(this.known.map((answer) => [answer.id, answer]));
    return this.own.slice(0, MAX_MARKS).map((mark, index) => ({
      mark,
      number: index + 1,
      color: colorOf(index),
      answer: answers.get(mark.id) ?? null,
      preview: this.previewOf(mark),
    }));
  }

  /** The colour that the next one will have. */
  get nextColor(): string {
    return colorOf(this.own.length);
  }

  /** @throws Error if there is no room. */
  add(drawn: Pick<Mark, "kind" | "points" | "along" | "within">): Mark {
    if (this.own.length >= MAX_MARKS) throw new Error(TEXTS.tooMany(MAX_MARKS));
    const mark = { ...drawn, id: crypto.randomUUID(), label: this.freeLabel(drawn.kind) };
    this.change([...this.own, mark]);
    return mark;
  }

  rename(id: string, label: string): void {
    this.change(this.own.map((mark) => (mark.id === id ? { ...mark, label } : mark)));
  }

  remove(id: string): void {
    this.change(this.own.filter((mark) => mark.id !== id));
  }

  /** The displayed surface is another: what runs over it is to be measured anew, if anything. */
  renew(): boolean {
    const stale = this.own.filter(({ kind }) => kind === "section" || kind === "geodesic");
    for (const { id } of stale) this.previews.delete(id);
    return stale.length > 0;
  }

  dispose(): void {
    for (const each of this.subscriptions) each?.dispose();
  }

  private previewOf(mark: Mark): Preview {
    const known = this.previews.get(mark.id) ?? this.look(mark);
    this.previews.set(mark.id, known);
    return known;
  }

  private change(marks: readonly Mark[]): void {
    this.own = marks;
    this.marks?.set(marks);
    this.onChange();
  }

  private freeLabel(kind: Mark["kind"]): string {
    const used = new Set(this.own.map((mark) => mark.label));
    for (let number = 1; ; number += 1) {
      const label = `${TEXTS.kinds[kind]} ${number}`;
      if (!used.has(label)) return label;
    }
  }
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? COLORS[0];
}

/** Whether what is shown was measured at full resolution. */
export function isFull({ answer }: Measured): boolean {
  return answer !== null && answer.trouble === "";
}

/** The values that count now. */
export function valuesOf(measured: Measured): Preview["values"] {
  return isFull(measured) && measured.answer ? measured.answer.values : measured.preview.values;
}

/** The value that stands on the surface: a length, or what else comes first. */
export function mainValue(measured: Measured): Value | null {
  const values = valuesOf(measured).filter(({ value }) => value !== null);
  return values.find(({ name }) => name === "length") ?? values[0] ?? null;
}
