/** The lines of Python that open a dataset, or connect to a cluster. */

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except " +
    "finally for from global if import in is lambda nonlocal not or pass raise return try while " +
    "with yield museion"
  ).split(" "),
);
const IMPORT = /^\s*import\s+museion\b/m;

/** A Python name for the dataset at `path`: `"murals/east-wall"` gives `east_wall`. */
export function variableFor(path: string): string {
  const name = (path.split("/").at(-1) ?? "").replace(/[^A-Za-z0-9_]+/g, "_");
  const safe = /^[A-Za-z_]/.test(name) ? name : `dataset_${name}`;
  return KEYWORDS.has(safe) ? `${safe}_` : safe;
}

/** The code that opens the dataset, with the import if no cell of `sources` has it. */
export function openingCode(path: string, sources: readonly string[]): string {
  return withImport(`${variableFor(path)} = museion.open(${JSON.stringify(path)})`, sources);
}

/** The code that connects to a cluster, with the import if no cell of `sources` has it. */
export function connectingCode(name: string, sources: readonly string[]): string {
  return withImport(`client = museion.cluster(name=${JSON.stringify(name)})\nclient`, sources);
}

function withImport(line: string, sources: readonly string[]): string {
  return sources.some((source) => IMPORT.test(source)) ? line : `import museion\n\n${line}`;
}
