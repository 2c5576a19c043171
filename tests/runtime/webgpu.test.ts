import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeModel, lowerGraph, type Target, type Tensor } from "../../src/graph/index.js";
import { simplify } from "../../src/graph/simplify.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { operatorCases } from "../graph/cases/index.js";
import { compile } from "../helpers/compile.js";
import { feedsOf, gradientCase, type OperatorCase, symbols } from "../helpers/operator-case.js";

// About 30 s on two idle cores, most of it compiling shaders; a machine busy with other work needs several
// times that.
const CHILD_LIMIT = 300_000;
const DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"].map(
  (folder) => `${folder}/libvulkan.so.1`,
);
const cases = operatorCases.filter(({ cpuOnly }) => !cpuOnly);
const webgpu: Target = { provider: "webgpu", blockSize: 0 };

interface Result {
  name: string;
  outputs?: Record<string, number[]>;
  /** Why the provider could not take every node. */
  fallback?: string;
  error?: string;
}

const reason = !existsSync(DRIVER)
  ? `no software GPU at ${DRIVER} (Debian: apt-get install chromium)`
  : LOADERS.some((path) => existsSync(path))
    ? null
    : "no Vulkan loader, libvulkan.so.1 (Debian: apt-get install libvulkan1)";
if (reason !== null) console.warn(`webgpu operator tests are skipped: ${reason}`);

function outputsOf(operatorCase: OperatorCase): Record<string, Tensor> {
  const inputs = symbols(gradientCase(operatorCase));
  return { value: operatorCase.build(inputs), gradient: gradientCase(operatorCase).build(inputs) };
}

/** Spells every case for WebGPU and runs them all in one child process. */
async function runAll(): Promise<Map<string, Result>> {
  const folder = mkdtempSync(join(tmpdir(), "taskloom-webgpu-"));
  const models = cases.map((operatorCase, i) => {
    const outputs = outputsOf(operatorCase);
    const names = Object.keys(outputs);
    const tensors = simplify(Object.values(outputs));
    const graph = lowerGraph(
      names.map((name, k) => ({ name, tensor: tensors[k] })),
      webgpu,
    );
    const values = feedsOf(gradientCase(operatorCase));
    const feeds = Object.fromEntries(
      graph.inputs.map(({ name, type }) => [name, { ...type, data: Array.from(values[name]) }]),
    );
    writeFileSync(join(folder, `${i}.onnx`), encodeModel(graph));
    return { name: operatorCase.name, model: `${i}.onnx`, feeds };
  });
  writeFileSync(join(folder, "models.json"), JSON.stringify(models));
  const script = fileURLToPath(new URL("./webgpu-child.mjs", import.meta.url));
  const stdout = await new Promise<string>((resolve) => {
    const env = { ...process.env, VK_DRIVER_FILES: DRIVER, VK_ICD_FILENAMES: DRIVER };
    const options = { env, maxBuffer: 1 << 28, timeout: CHILD_LIMIT };
    // A child that crashed still wrote the lines of the models before.
    execFile(process.execPath, [script, folder], options, (_, output) => resolve(output));
  });
  rmSync(folder, { recursive: true, force: true });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return new Map(lines.map((line) => JSON.parse(line) as Result).map((result) => [result.name, result]));
}

describe.skipIf(reason !== null)(
  "operators on the webgpu provider (SwiftShader) agree with the CPU's",
  () => {
    let results = new Map<string, Result>();
    beforeAll(async () => {
      results = await runAll();
    }, CHILD_LIMIT + 10_000);

    for (const operatorCase of cases) {
      it(operatorCase.name, async () => {
        const result = results.get(operatorCase.name);
        expect(result, "the child process ended before this case").toBeDefined();
        expect(result?.error).toBeUndefined();
        if (!operatorCase.fallback) expect(result?.fallback, "a node fell back to the CPU").toBeUndefined();
        const engine = await nodeEngine({ provider: "cpu", threads: 1 });
        const cpu = await compile(engine, outputsOf(operatorCase));
        const expected = await cpu.run(feedsOf(gradientCase(operatorCase)));
        await cpu.release();
        for (const [name, values] of Object.entries(expected)) {
          const found = result?.outputs?.[name] ?? [];
          expect(found).toHaveLength(values.length);
          const allowed = (operatorCase.webgpuTolerance ?? 2e-5) * Math.max(1, ...values.map(Math.abs));
          values.forEach((value, i) => {
            expect(Math.abs(found[i] - value), `${name}[${i}]`).toBeLessThan(allowed);
          });
        }
      });
    }
  },
);
