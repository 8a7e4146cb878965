/** Questions to the view's widget in the kernel, which answers by a message of its own. */

const DEADLINE_MS = 60_000;

export type KernelAnswer = Readonly<Record<string, unknown>>;

/** Sends a message that the widget's `on_msg` gets. */
export type SendQuestion = (content: { request: string; question: object }) => void;

/** What was asked and is not answered yet. Answers reach every browser of a kernel. */
export class Questions {
  private readonly open = new Map<string, (answer: KernelAnswer) => void>();

  constructor(private readonly send: SendQuestion) {}

  /** Rejects if nobody answers. */
  ask(question: object): Promise<KernelAnswer> {
    const request = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.open.delete(request);
        reject(new Error("The kernel did not answer"));
      }, DEADLINE_MS);
      this.open.set(request, (answer) => {
        clearTimeout(deadline);
        this.open.delete(request);
        resolve(answer);
      });
      try {
        this.send({ request, question });
      } catch (error) {
        clearTimeout(deadline);
        this.open.delete(request);
        reject(error);
      }
    });
  }

  /**
   * Takes a message of the widget; others' answers are nobody's here.
   *
   * @param buffers - What came with it as bytes; the answer has them under `buffers`.
   */
  hear(content: unknown, buffers: readonly unknown[] = []): void {
    const { request, answer } = (content ?? {}) as { request?: unknown; answer?: unknown };
    if (typeof request !== "string" || typeof answer !== "object" || answer === null) return;
    this.open.get(request)?.({ ...answer, ...(buffers.length > 0 ? { buffers } : {}) });
  }
}
