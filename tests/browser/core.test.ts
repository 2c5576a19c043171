import { mkdtempSync, rmSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundle } from "./bundle.js";

const CORE = ["graph", "nn", "geometry", "tasks", "models", "methods"];
let folder: string;
let files: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "taskloom-core-"));
  const entries = Object.fromEntries(CORE.map((name) => [name, `src/${name}/index.ts`]));
  files = await bundle({ ...entries, web: "src/runtime/web.ts" }, folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("bundles every folder of the core for browsers", () => {
  for (const name of [...CORE, "web"]) expect(Object.keys(files)).toContain(`${name}.js`);
});

it("needs nothing of Node's and nothing from outside the bundle", () => {
  const imports = Object.values(files).flatMap((text) =>
    ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName),
  );
  expect(imports.filter((name) => name.startsWith("node:") || builtinModules.includes(name))).toEqual([]);
  expect(imports.filter((name) => !name.startsWith("./"))).toEqual([]);
});
