/**
 * Carries marks between the document and the view's widget in the kernel.
 *
 * The widget's own comm is used as it is: an `update` of its traits. JupyterLab's
 * widget manager may have opened the same comm in this browser, or, for somebody who came
 * later, not; so messages are read and sent on the notebook's kernel connection, and
 * nothing is opened or closed. No kernel, or one that does not know the view: nothing
 * happens. Only the browser in which a mark was made sends it.
 */
import type { ISessionContext } from "@jupyterlab/apputils";
import { type Kernel, KernelMessage } from "@jupyterlab/services";
import { type KernelAnswer, Questions } from "@museion/widgets/lib/asking";
import type { Relay } from "./shared";

/** A session whose kernel may hold the view's widget. */
export type KernelSession = Part<ISessionContext, "iopubMessage" | "session">;
type Part<T, K extends keyof T> = { [P in K]: T[P] };

/** The widget `modelId` in the session's kernel. */
export class KernelRelay implements Relay {
  private readonly listeners = new Map<string, Parameters<Relay["listen"]>[1]>();
  private readonly questions = new Questions((content) => {
    if (!this.tell({ method: "custom", content })) throw new Error("No kernel is connected");
  });

  constructor(
    private readonly session: KernelSession,
    private readonly modelId: string,
  ) {
    session.iopubMessage.connect(this.onMessage, this);
  }

  listen(trait: string, listener: Parameters<Relay["listen"]>[1]): void {
    this.listeners.set(trait, listener);
  }

  send(trait: string, items: readonly object[]): void {
    this.tell({ method: "update", state: { [trait]: items }, buffer_paths: [] });
  }

  ask(question: object): Promise<KernelAnswer> {
    return this.questions.ask(question);
  }

  dispose(): void {
    this.session.iopubMessage.disconnect(this.onMessage, this);
    this.listeners.clear();
  }

  /** Whether there was somebody to tell. */
  private tell(data: object): boolean {
    const kernel = this.session.session?.kernel;
    if (kernel?.connectionStatus !== "connected") return false;
    kernel.sendShellMessage(commMessage(kernel, this.modelId, data), false, true);
    return true;
  }

  private onMessage(_sender: unknown, message: KernelMessage.IMessage): void {
    const said = dataIn(message, this.modelId, "custom")?.content;
    this.questions.hear(said, message.buffers ?? []);
    const state = stateIn(message, this.modelId);
    const asked = (message.parent_header as { session?: string }).session;
    const isOurs = asked !== undefined && asked === this.session.session?.kernel?.clientId;
    for (const [trait, listener] of this.listeners) {
      const items = state[trait];
      if (Array.isArray(items)) listener(items, isOurs);
    }
  }
}

/** The traits that the widget `modelId` announces in `message`; none if it does not. */
export function stateIn(
  message: KernelMessage.IMessage,
  modelId: string,
): Readonly<Record<string, unknown>> {
  return dataIn(message, modelId, "update")?.state ?? {};
}

interface WidgetData {
  readonly method?: unknown;
  readonly state?: Readonly<Record<string, unknown>>;
  readonly content?: unknown;
}

/** What the widget `modelId` says in `message` by a method of its comm; null if nothing. */
function dataIn(
  message: KernelMessage.IMessage,
  modelId: string,
  method: "update" | "custom",
): WidgetData | null {
  if (message.header.msg_type !== "comm_msg") return null;
  const content = message.content as Partial<KernelMessage.ICommMsgMsg["content"]>;
  const data = content.data as WidgetData | undefined;
  return content.comm_id === modelId && data?.method === method ? data : null;
}

function commMessage(
  kernel: Kernel.IKernelConnection,
  modelId: string,
  data: object,
): KernelMessage.ICommMsgMsg<"shell"> {
  return KernelMessage.createMessage<KernelMessage.ICommMsgMsg<"shell">>({
    msgType: "comm_msg",
    channel: "shell",
    session: kernel.clientId,
    username: kernel.username,
    content: { comm_id: modelId, data: JSON.parse(JSON.stringify(data)) },
  });
}
