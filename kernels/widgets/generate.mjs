// Writes src/generated/: one TypeScript type per JSON Schema in shared_datasets/schema/.
// The schemas are the source; the output is not committed.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { compileFromFile } from "json-schema-to-typescript";

const schemas = new URL("../../shared_datasets/schema/", import.meta.url);
const output = new URL("src/generated/", import.meta.url);

await mkdir(output, { recursive: true });
for (const name of (await readdir(schemas)).sort()) {
  if (!name.endsWith(".schema.json")) continue;
  const text = await compileFromFile(new URL(name, schemas).pathname, {
    bannerComment: `// Generated from shared_datasets/schema/${name} by generate.mjs: edit the schema.`,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
  });
  await writeFile(new URL(name.replace(".schema.json", ".ts"), output), text);
}
