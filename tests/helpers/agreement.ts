/**
 * @file One graph computed in four ways: simplified or not, in the engine's spellings or the portable ones.
 */
import { PORTABLE, type Tensor } from "../../src/graph/index.js";
import { simplify } from "../../src/graph/simplify.js";
import { describe } from "../../src/graph/tensor.js";
import type { Engine } from "../../src/runtime/engine.js";
import { type CompileOptions, compile, type Feeds } from "./compile.js";

const WAYS: Readonly<Record<string, CompileOptions>> = {
  "portable, not simplified": { target: PORTABLE, simplified: false },
  "portable, simplified": { target: PORTABLE },
  "the engine's own, not simplified": { simplified: false },
  "the engine's own, simplified": {},
};

async function computed(
  engine: Engine,
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Feeds,
  way: CompileOptions,
): Promise<Record<string, Float32Array>> {
  const compiled = await compile(engine, outputs, way);
  try {
    return await compiled.run(feeds);
  } finally {
    await compiled.release();
  }
}

/**
 * The outputs that are not the same in all ways or change their type when simplified, with the first entry
 * that differs by more than `tolerance` times the output's largest value (at least 1).
 */
export async function disagreements(
  engine: Engine,
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Feeds,
  tolerance: number,
): Promise<string[]> {
  const [[, first], ...others] = Object.entries(WAYS);
  const expected = await computed(engine, outputs, feeds, first);
  const found: string[] = [];
  const names = Object.keys(outputs);
  simplify(names.map((name) => outputs[name])).forEach((tensor, i) => {
    const [got, wanted] = [tensor, outputs[names[i]]].map(describe);
    if (got !== wanted) found.push(`${names[i]}, simplified: ${got}, not ${wanted}`);
  });
  for (const [way, options] of others) {
    const got = await computed(engine, outputs, feeds, options);
    for (const [name, values] of Object.entries(expected)) {
      const allowed = tolerance * values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      // Written so that NaN counts as different.
      const i = values.findIndex((value, at) => !(Math.abs(got[name][at] - value) <= allowed));
      if (i >= 0) found.push(`${name}[${i}], ${way}: ${got[name][i]}, not ${values[i]}`);
    }
  }
  return found;
}
