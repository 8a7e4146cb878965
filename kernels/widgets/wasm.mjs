// Takes meshoptimizer's WebAssembly out of its npm package, for Python to run with wasmtime.
//
// The package carries each module as a packed string and unpacks it when loaded. We let it do so,
// look on as it calls WebAssembly.instantiate, and keep the bytes it passes: no knowledge of the
// packing, and the very code the browser runs.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const MODULES = {
  meshopt_simplifier: ["meshoptimizer/simplifier", "MeshoptSimplifier"],
  meshopt_encoder: ["meshoptimizer/encoder", "MeshoptEncoder"],
  meshopt_decoder: ["meshoptimizer/decoder", "MeshoptDecoder"],
};
const WASM_MAGIC = 0x6d736100;

/** The bytes the module `specifier` hands to WebAssembly when it is loaded. */
async function captureWasm(specifier, exported) {
  const original = WebAssembly.instantiate;
  let captured;
  WebAssembly.instantiate = (source, imports) => {
    captured ??= new Uint8Array(source);
    return original.call(WebAssembly, source, imports);
  };
  try {
    const module = await import(specifier);
    await module[exported].ready;
  } finally {
    WebAssembly.instantiate = original;
  }
  if (!captured || new DataView(captured.buffer).getUint32(0, true) !== WASM_MAGIC) {
    throw new Error(`no WebAssembly found in the package: ${specifier}`);
  }
  return captured;
}

/** Writes one `.wasm` file for each module into `folder`. */
export async function extractWasm(folder) {
  await mkdir(folder, { recursive: true });
  for (const [name, [specifier, exported]] of Object.entries(MODULES)) {
    await writeFile(join(folder, `${name}.wasm`), await captureWasm(specifier, exported));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const here = dirname(fileURLToPath(import.meta.url));
  await extractWasm(join(here, "../../shared_datasets/museion_datasets/static"));
}
