/**
 * Runs the models of a folder on the webgpu provider and writes one JSON line a model. A process of its own:
 * the Vulkan driver is chosen by the environment, and a driver that aborts must not take the test runner
 * along.
 */
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import ort from "onnxruntime-node";

const folder = process.argv[2];
const arrays = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array };

async function open(path) {
  const options = { executionProviders: ["webgpu"], logSeverityLevel: 4 };
  try {
    const strict = { ...options, extra: { session: { disable_cpu_ep_fallback: "1" } } };
    return { session: await ort.InferenceSession.create(path, strict) };
  } catch (error) {
    return { session: await ort.InferenceSession.create(path, options), fallback: error.message };
  }
}

for (const { name, model, feeds } of JSON.parse(readFileSync(join(folder, "models.json"), "utf8"))) {
  const line = { name };
  try {
    const { session, fallback } = await open(join(folder, model));
    line.fallback = fallback;
    const given = Object.entries(feeds).map(([key, { dtype, shape, data }]) => {
      const values = dtype === "int64" ? data.map(BigInt) : data;
      return [key, new ort.Tensor(dtype, arrays[dtype].from(values), shape)];
    });
    const results = await session.run(Object.fromEntries(given));
    line.outputs = Object.fromEntries(
      Object.entries(results).map(([key, { data }]) => [key, Array.from(data, Number)]),
    );
    await session.release();
  } catch (error) {
    line.error = error.message;
  }
  writeSync(1, `${JSON.stringify(line)}\n`);
}
// The device's own clean-up has been seen to hang at exit.
process.exit(0);
