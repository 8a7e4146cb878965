/**
 * Carries picks between the document and the view's widget in the kernel.
 *
 * The widget's own comm is used as it is: an `update` of its trait `picks`. JupyterLab's
 * widget manager may have opened the same comm in this browser, or, for somebody who came
 * later, not; so messages are read and sent on the notebook's kernel connection, and
 * nothing is opened or closed. No kernel, or one that does not know the view: nothing
 * happens. Only the browser in which a pick was made sends it.
 */
import type { ISessionContext } from "@jupyterlab/apputils";
import { type Kernel, KernelMessage } from "@jupyterlab/services";
import type { Pick } from "@museion/widgets";
import { isPick, type PickRelay } from "./picks";

const TRAIT = "picks";

/** A session whose kernel may hold the view's widget. */
export type KernelSession = Part<ISessionContext, "iopubMessage" | "session">;
type Part<T, K extends keyof T> = { [P in K]: T[P] };

/** The widget `modelId` in the session's kernel. */
export class KernelRelay implements PickRelay {
  private listener: ((picks: readonly Pick[]) => void) | null = null;

  constructor(
    private readonly session: KernelSession,
    private readonly modelId: string,
  ) {
    session.iopubMessage.connect(this.onMessage, this);
  }

  listen(listener: (picks: readonly Pick[]) => void): void {
    this.listener = listener;
  }

  send(picks: readonly Pick[]): void {
    const kernel = this.session.session?.kernel;
    if (kernel?.connectionStatus !== "connected") return;
    kernel.sendShellMessage(updateMessage(kernel, this.modelId, picks), false, true);
  }

  dispose(): void {
    this.session.iopubMessage.disconnect(this.onMessage, this);
    this.listener = null;
  }

  private onMessage(_sender: unknown, message: KernelMessage.IMessage): void {
    const picks = picksIn(message, this.modelId);
    if (picks) this.listener?.(picks);
  }
}

/** The picks that the widget `modelId` announces in `message`, if it does. */
export function picksIn(message: KernelMessage.IMessage, modelId: string): readonly Pick[] | null {
  if (message.header.msg_type !== "comm_msg") return null;
  const content = message.content as Partial<KernelMessage.ICommMsgMsg["content"]>;
  const data = content.data as { method?: unknown; state?: Record<string, unknown> } | undefined;
  if (content.comm_id !== modelId || data?.method !== "update") return null;
  const picks = data.state?.[TRAIT];
  return Array.isArray(picks) ? picks.filter(isPick) : null;
}

function updateMessage(
  kernel: Kernel.IKernelConnection,
  modelId: string,
  picks: readonly Pick[],
): KernelMessage.ICommMsgMsg<"shell"> {
  const state = { [TRAIT]: picks.map(({ x, y, radius, label }) => ({ x, y, radius, label })) };
  return KernelMessage.createMessage<KernelMessage.ICommMsgMsg<"shell">>({
    msgType: "comm_msg",
    channel: "shell",
    session: kernel.clientId,
    username: kernel.username,
    content: { comm_id: modelId, data: { method: "update", state, buffer_paths: [] } },
  });
}
