// Builds the viewers twice: as libraries (lib/, for the Lab extension) and as
// one self-contained module each for notebooks (kernels/museion/static/<viewer>.js).
// Everything is bundled, style sheets as text: nothing is fetched at run time.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

import { extractWasm } from "./wasm.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const notebooks = fileURLToPath(new URL("../museion/static/", import.meta.url));

/** @type {import("esbuild").BuildOptions} */
const shared = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  loader: { ".css": "text" },
  logLevel: "warning",
};

await mkdir(notebooks, { recursive: true });
for (const library of ["index", "cluster/index", "asking"]) {
  const files = { entryPoints: [`src/${library}.ts`], outfile: `lib/${library}.js` };
  await build({ ...shared, ...files, minify: false });
}
for (const viewer of ["cube", "scan", "rti", "cluster"]) {
  const entry = `src/${viewer}/widget.ts`;
  if (!existsSync(here + entry)) continue;
  await build({ ...shared, entryPoints: [entry], outfile: `${notebooks}${viewer}.js` });
}
await extractWasm(fileURLToPath(new URL("../../shared_datasets/museion_datasets/static/", import.meta.url)));
