// Each folder of src/ imports only from those above it, the core runs anywhere, and only src/runtime knows
// ONNX Runtime.
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import ts from "typescript";
import { root } from "./lib/setup.mjs";

const ORDER = [
  ...[
    "common",
    "torch",
    "graph",
    "runtime",
    "nn",
    "geometry",
    "fields",
    "tasks",
    "models",
    "worlds",
    "disk",
    "data",
    "transport",
  ],
  ...[
    "methods",
    "weighting",
    "constraints",
    "step",
    "runs",
    "training",
    "collective",
    "report",
    "bench",
    "cli",
  ],
];
/** Must run in a browser: imports from no other folder, and nothing of Node's. */
const CORE = new Set([
  ...["common", "torch", "graph", "nn", "geometry", "fields", "tasks", "models", "worlds"],
  ...["methods", "weighting", "constraints", "step"],
]);
const BUILTIN = new Set(builtinModules);

// Another folder can be given to test this script.
const source = process.argv[2] ?? join(root, "src");
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);

/** What is wrong with an import in a folder, or undefined. */
function complaint(folder, from, specifier) {
  if (specifier.startsWith(".")) {
    const target = relative(source, join(dirname(from), specifier)).split(sep)[0];
    if (target === folder || folder === undefined) return undefined;
    if (!ORDER.includes(target)) return `src/${target} is no layer`;
    if (ORDER.indexOf(target) > ORDER.indexOf(folder)) return `${folder} stands above ${target}`;
    // Its trainer runs compiled steps, on whatever engine it is given.
    if (folder === "step" && target === "runtime") {
      return specifier.endsWith(".node.js") ? "the core must not need Node" : undefined;
    }
    return CORE.has(folder) && !CORE.has(target) ? `${folder} is of the core, ${target} is not` : undefined;
  }
  const name = specifier.replace(/^node:/, "").split("/")[0];
  if (name.startsWith("onnxruntime-") && folder !== "runtime") return "only runtime knows ONNX Runtime";
  if (CORE.has(folder) && (specifier.startsWith("node:") || BUILTIN.has(name)))
    return "the core must not need Node";
  return undefined;
}

const complaints = files.flatMap((name) => {
  const folder = name.includes(sep) ? name.split(sep)[0] : undefined;
  if (folder !== undefined && !ORDER.includes(folder)) return [`src/${name}: ${folder} is no layer`];
  const path = join(source, name);
  const text = readFileSync(path, "utf8");
  // Type-only, dynamic and re-exporting imports are among these.
  return ts.preProcessFile(text, true, true).importedFiles.flatMap(({ fileName, pos }) => {
    const wrong = complaint(folder, path, fileName);
    const line = text.slice(0, pos).split("\n").length;
    return wrong === undefined ? [] : [`src/${name}:${line}: imports ${fileName}: ${wrong}`];
  });
});
for (const line of complaints) console.error(line);
if (complaints.length > 0) process.exitCode = 1;
