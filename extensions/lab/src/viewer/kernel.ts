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
import type { Relay } from "./shared";

/** A session whose kernel may hold the view's widget. */
export type KernelSession = Part<ISessionContext, "iopubMessage" | "session">;
type Part<T, K extends keyof T> = { [P in K]: T[P] };

/** The widget `modelId` in the session's kernel. */
export class KernelRelay implements Relay {
  private readonly listeners = new Map<string, (items: readonly unknown[]) => void>();

  constructor(
    private readonly session: KernelSession,
    private readonly modelId: string,
  ) {
    session.iopubMessage.connect(this.onMessage, this);
  }

  listen(trait: string, listener: (items: readonly unknown[]) => void): void {
    this.listeners.set(trait, listener);
  }

  send(trait: string, items: readonly object[]): void {
    const kernel = this.session.session?.kernel;
    if (kernel?.connectionStatus !== "connected") return;
    const message = updateMessage(kernel, this.modelId, { [trait]: items });
    kernel.sendShellMessage(message, false, true);
  }

  dispose(): void {
    this.session.iopubMessage.disconnect(this.onMessage, this);
    this.listeners.clear();
  }

  private onMessage(_sender: unknown, message: KernelMessage.IMessage): void {
    const state = stateIn(message, this.modelId);
    for (const [trait, listener] of this.listeners) {
      const items = state[trait];
      if (Array.isArray(items)) listener(items);
    }
  }
}

/** The traits that the widget `modelId` announces in `message`; none if it does not. */
export function stateIn(
  message: KernelMessage.IMessage,
  modelId: string,
): Readonly<Record<string, unknown>> {
  if (message.header.msg_type !== "comm_msg") return {};
  const content = message.content as Partial<KernelMessage.ICommMsgMsg["content"]>;
  const data = content.data as { method?: unknown; state?: Record<string, unknown> } | undefined;
  const isOurs = content.comm_id === modelId && data?.method === "update";
  return isOurs ? (data.state ?? {}) : {};
}

function updateMessage(
  kernel: Kernel.IKernelConnection,
  modelId: string,
  items: Readonly<Record<string, readonly object[]>>,
): KernelMessage.ICommMsgMsg<"shell"> {
  const state = JSON.parse(JSON.stringify(items));
  return KernelMessage.createMessage<KernelMessage.ICommMsgMsg<"shell">>({
    msgType: "comm_msg",
    channel: "shell",
    session: kernel.clientId,
    username: kernel.username,
    content: { comm_id: modelId, data: { method: "update", state, buffer_paths: [] } },
  });
}
