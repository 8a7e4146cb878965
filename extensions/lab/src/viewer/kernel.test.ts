import { KernelMessage } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import { describe, expect, test } from "vitest";
import { KernelRelay, type KernelSession, stateIn } from "./kernel";

const PICK = { x: 1, y: 2, radius: 3, label: "A" };

function announcement(commId: string, data: object): KernelMessage.IMessage {
  return KernelMessage.createMessage({
    msgType: "comm_msg",
    channel: "iopub",
    session: "s",
    content: { comm_id: commId, data: data as never },
  });
}

describe("a message of the kernel", () => {
  test("that updates the view's picks is read", () => {
    const message = announcement("model", { method: "update", state: { picks: [PICK] } });
    expect(stateIn(message, "model")).toEqual({ picks: [PICK] });
  });

  test.each([
    [
      "is for another widget",
      announcement("other", { method: "update", state: { picks: [PICK] } }),
    ],
    ["is only an echo", announcement("model", { method: "echo_update", state: { picks: [PICK] } })],
    ["has no data", announcement("model", {})],
    [
      "is of another kind",
      KernelMessage.createMessage({
        msgType: "status",
        channel: "iopub",
        session: "s",
        content: { execution_state: "idle" },
      }),
    ],
  ])("that %s is left alone", (_name, message) => {
    expect(stateIn(message, "model")).toEqual({});
  });
});

describe("the relay", () => {
  function session(kernel: unknown): KernelSession & { say: (m: KernelMessage.IMessage) => void } {
    const owner = {};
    const iopubMessage = new Signal<object, KernelMessage.IMessage>(owner);
    return {
      iopubMessage: iopubMessage as unknown as KernelSession["iopubMessage"],
      session: { kernel } as unknown as KernelSession["session"],
      say: (message) => iopubMessage.emit(message),
    };
  }

  test("sends an update of the widget's own trait", () => {
    const sent: KernelMessage.IMessage[] = [];
    const kernel = {
      connectionStatus: "connected",
      clientId: "c",
      username: "u",
      sendShellMessage: (message: KernelMessage.IMessage) => sent.push(message),
    };
    new KernelRelay(session(kernel), "model").send("picks", [PICK]);
    expect(sent[0]?.content).toEqual({
      comm_id: "model",
      data: { method: "update", state: { picks: [PICK] }, buffer_paths: [] },
    });
  });

  test("says nothing without a kernel", () => {
    expect(() => new KernelRelay(session(null), "model").send("picks", [PICK])).not.toThrow();
  });

  test("knows which browser made the kernel say so", () => {
    const here = session({ clientId: "mine" });
    const heard: boolean[] = [];
    new KernelRelay(here, "model").listen("picks", (_picks, isOurs) => heard.push(isOurs));
    for (const asked of ["mine", "another's"]) {
      const message = announcement("model", { method: "update", state: { picks: [PICK] } });
      here.say({ ...message, parent_header: { session: asked } } as KernelMessage.IMessage);
    }
    expect(heard).toEqual([true, false]);
  });

  test("asks the widget, and hears the answer to its own question only", async () => {
    const sent: KernelMessage.IMessage[] = [];
    const kernel = {
      connectionStatus: "connected",
      clientId: "c",
      username: "u",
      sendShellMessage: (message: KernelMessage.IMessage) => sent.push(message),
    };
    const here = session(kernel);
    const answer = new KernelRelay(here, "model").ask({ ask: "section" });
    const asked = sent[0]?.content as { data: { content: { request: string } } } | undefined;
    const question = { ask: "section" };
    expect(asked?.data).toMatchObject({ method: "custom", content: { question } });
    const say = (request: string, text: string) =>
      here.say(announcement("model", { method: "custom", content: { request, answer: { text } } }));
    say("of somebody else", "wrong");
    say(asked?.data.content.request ?? "", "right");
    await expect(answer).resolves.toEqual({ text: "right" });
  });

  test("has no answer without a kernel", async () => {
    const relay = new KernelRelay(session(null), "model");
    await expect(relay.ask({ ask: "section" })).rejects.toThrow("No kernel");
  });

  test("stops listening when it is closed", () => {
    const here = session(null);
    const relay = new KernelRelay(here, "model");
    const heard: unknown[] = [];
    relay.listen("picks", (picks) => heard.push(picks));
    const state = { picks: [PICK], height: 3 };
    const message = announcement("model", { method: "update", state });
    here.say(message);
    relay.dispose();
    here.say(message);
    expect(heard).toEqual([[PICK]]);
  });
});
