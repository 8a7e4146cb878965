/** What the workspace's watch has told: limits that were reached, and what was ended for it. */

/** A limit that was reached. */
export interface LimitNotice {
  /** Seconds since 1970, by the machine's clock. */
  readonly time: number;
  readonly message: string;
  /** Ids of the kernels that were ended, as far as known. */
  readonly kernels: readonly string[];
}

/** Asks again and again, and tells each notice once. */
export class NoticeWatch {
  private last: number | null = null;

  constructor(
    private readonly ask: () => Promise<readonly LimitNotice[]>,
    private readonly tell: (notice: LimitNotice) => void,
  ) {}

  /** Looks once. What happened before the page was opened is not told. */
  async look(): Promise<void> {
    const notices = await this.ask();
    const before = this.last;
    this.last = Math.max(before ?? 0, ...notices.map((notice) => notice.time));
    if (before === null) return;
    for (const notice of notices) if (notice.time > before) this.tell(notice);
  }
}

/** Names of the open notebooks whose kernels were ended. */
export function notebooksOf(
  notice: LimitNotice,
  sessions: Iterable<{ readonly path: string; readonly kernel: { readonly id: string } | null }>,
): readonly string[] {
  const ended = new Set(notice.kernels);
  const paths = [...sessions].filter((one) => one.kernel && ended.has(one.kernel.id));
  return [...new Set(paths.map((one) => one.path))].sort();
}
