import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { nullTranslator } from "@jupyterlab/translation";
import type { ViewerHost } from "@museion/widgets";
import { describe, expect, test, vi } from "vitest";
import { type Mount, type Surroundings, ViewRenderer } from "./renderer";
import { VIEW_MIMETYPE } from "./spec";

const SPEC = {
  version: 1,
  kind: "cube",
  dataset: "murals/panel",
  dataset_version: 1,
  item: "vnir",
  title: "Painted panel",
  synthetic: true,
  height: 300,
};

function model(spec: unknown = SPEC): IRenderMime.IMimeModel {
  const data = { [VIEW_MIMETYPE]: spec, "image/png": "aGk=", "text/plain": "CubeView(panel)" };
  return { data, metadata: {}, trusted: false, setData: () => undefined } as IRenderMime.IMimeModel;
}

function around(mount: Mount, fetchJson: ViewerHost["fetchJson"] = async () => ({}) as never) {
  const host: ViewerHost = { baseUrl: "/", fetchJson, fetchBytes: async () => new ArrayBuffer(0) };
  const link = { list: vi.fn(), dispose: vi.fn() };
  const surroundings: Surroundings = {
    trans: nullTranslator.load("museion"),
    loadViewer: async () => ({ mount, host }),
    linkFor: () => link,
  };
  return { renderer: new ViewRenderer(surroundings), link };
}

describe("a view", () => {
  test("is mounted once, keeps its height, and is let go with its output", async () => {
    const dispose = vi.fn();
    const mount = vi.fn<Mount>(() => ({ dispose }));
    const { renderer, link } = around(mount);
    await renderer.renderModel(model());
    await renderer.renderModel(model());
    expect(mount).toHaveBeenCalledOnce();
    expect(renderer.node.style.minHeight).toBe("300px");
    renderer.dispose();
    expect(dispose).toHaveBeenCalledOnce();
    expect(link.dispose).toHaveBeenCalledOnce();
  });

  test("is mounted anew when the cell has run again", async () => {
    const dispose = vi.fn();
    const mount = vi.fn<Mount>(() => ({ dispose }));
    const { renderer } = around(mount);
    await renderer.renderModel(model());
    await renderer.renderModel(model({ ...SPEC, dataset_version: 2 }));
    expect(mount).toHaveBeenCalledTimes(2);
    expect(dispose).toHaveBeenCalledOnce();
  });

  test("that can't be read shows the saved picture, the reason and a hint", async () => {
    const { renderer } = around(vi.fn());
    await renderer.renderModel(model({ ...SPEC, version: 7 }));
    expect(renderer.node.textContent).toContain("This view has an unknown version: 7");
    expect(renderer.node.querySelector(".mus-hint")?.textContent).toContain("Update Museion");
    expect(renderer.node.querySelector("img")?.alt).toBe("CubeView(panel)");
  });

  test("whose first request fails says what the server said, and tries again", async () => {
    const refusal = Object.assign(new Error("No such dataset or item"), { hint: "Ask the owner." });
    const fetchJson = vi.fn<ViewerHost["fetchJson"]>().mockRejectedValue(refusal);
    const mount = vi.fn<Mount>((_element, _spec, host) => {
      host.fetchJson("cubes/info").catch(() => undefined);
      return { dispose: () => undefined };
    });
    const { renderer } = around(mount, fetchJson);
    await renderer.renderModel(model());
    await expect.poll(() => renderer.node.textContent).toContain("No such dataset or item");
    expect(renderer.node.textContent).toContain("Ask the owner.");
    renderer.node.querySelector("button")?.click();
    await expect.poll(() => mount.mock.calls.length).toBe(2);
  });

  test("whose later request fails stays as it is", async () => {
    const fetchJson = vi.fn<ViewerHost["fetchJson"]>();
    fetchJson.mockResolvedValueOnce({} as never).mockRejectedValueOnce(new Error("late"));
    const seen: string[] = [];
    const mount: Mount = (_element, _spec, host) => {
      void host
        .fetchJson("info")
        .then(() => host.fetchJson("tile"))
        .catch(() => seen.push("late"));
      return { dispose: () => undefined };
    };
    const { renderer } = around(mount, fetchJson);
    await renderer.renderModel(model());
    await expect.poll(() => seen).toEqual(["late"]);
    expect(renderer.node.querySelector(".mus-View-notice")).toBeNull();
  });
});
