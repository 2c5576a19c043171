import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

/** What the check says of source files. */
function complaints(files: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "taskloom-layers-"));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const { stderr, status } = spawnSync(process.execPath, ["scripts/check-layers.mjs", folder], {
    encoding: "utf8",
  });
  rmSync(folder, { recursive: true });
  expect(status).toBe(stderr === "" ? 0 : 1);
  return stderr.split("\n").filter((line) => line !== "");
}

it("refuses imports from below, Node in the core, and ONNX Runtime outside the runtime", () => {
  const refused = complaints({
    "cli/a.ts": 'import { x } from "../nowhere/b.js";',
    "graph/a.ts": 'import { x } from "../nn/b.js";',
    "models/a.ts": 'await import("fs");',
    "nn/a.ts": 'import type { X } from "../runtime/b.js";',
    "tasks/a.ts": '\nexport * from "node:fs";',
    "step/a.ts": 'import { nodeEngine } from "../runtime/engine.node.js";',
    "training/a.ts": 'import ort from "onnxruntime-node";',
    "unknown/a.ts": "",
  });
  expect(refused.sort()).toEqual([
    "src/cli/a.ts:1: imports ../nowhere/b.js: src/nowhere is no layer",
    "src/graph/a.ts:1: imports ../nn/b.js: graph stands above nn",
    "src/models/a.ts:1: imports fs: the core must not need Node",
    "src/nn/a.ts:1: imports ../runtime/b.js: nn is of the core, runtime is not",
    "src/step/a.ts:1: imports ../runtime/engine.node.js: the core must not need Node",
    "src/tasks/a.ts:2: imports node:fs: the core must not need Node",
    "src/training/a.ts:1: imports onnxruntime-node: only runtime knows ONNX Runtime",
    "src/unknown/a.ts: unknown is no layer",
  ]);
});

it("allows what the layers allow", () => {
  const allowed = complaints({
    "nn/a.ts": 'import { x } from "../graph/b.js"; import { z } from "zod";',
    "step/a.ts": 'import { CompiledStep } from "../runtime/compiled-step.js";',
    "runtime/a.ts": 'import type * as Ort from "onnxruntime-common"; import "node:fs";',
    "index.ts": 'export * from "./cli/main.js";',
  });
  expect(allowed).toEqual([]);
});
