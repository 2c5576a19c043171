import { describe, expect, it } from "vitest";
import { add, cast, greater, input, mul, reduceSum, sub } from "../../src/graph/index.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import type { Engine } from "../../src/runtime/engine.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { StateStore } from "../../src/runtime/state-store.js";
import { probeRefusal, runWithoutCopies } from "../../src/runtime/uncopied-run.js";

const copying = (engine: Engine): Engine => ({ ...engine, refusal: undefined });

/** p' = p - x p / 10, with outputs of every kind of number. */
async function shrink(engine: Engine) {
  const p = input("p", [3]);
  const x = input("x", []);
  const next = sub(p, mul(mul(p, x), 0.1));
  const store = new StateStore(engine);
  store.write("p", [3], Float32Array.of(1, -2, 3));
  const large = greater(p, 0.5);
  const step = await CompiledStep.compile(engine, store, {
    outputs: { sum: reduceSum(p), large, whole: cast(p, "int64"), short: cast(add(p, 1), "int32") },
    state: [{ name: "p", leaf: p, next }],
  });
  return { store, step };
}

describe("runs without copies", () => {
  it("are had from the installed ONNX Runtime", async () => {
    const engine = await nodeEngine();
    expect(engine.refusal).toMatch(/tensor/i);
    expect(await probeRefusal(engine.ort)).toBe(engine.refusal);
  });

  it("give what copying runs give, in arrays of their own", async () => {
    const engine = await nodeEngine();
    const [ours, theirs] = await Promise.all([shrink(engine), shrink(copying(engine))]);
    const seen: { got: Record<string, Float32Array>; kept: Record<string, number[]> }[] = [];
    for (let i = 0; i < 4; i++) {
      const got = await ours.step.run({ x: [i] });
      const expected = await theirs.step.run({ x: [i] });
      expect(got).toEqual(expected);
      seen.push({
        got,
        kept: Object.fromEntries(Object.entries(expected).map(([k, v]) => [k, [...v]])),
      });
    }
    expect(await ours.store.read("p")).toEqual(await theirs.store.read("p"));
    for (const { got, kept } of seen)
      for (const [name, values] of Object.entries(kept)) expect([...got[name]]).toEqual(values);
  });

  it("pass on what goes wrong in a run, and keep the state", async () => {
    const { step, store } = await shrink(await nodeEngine());
    await expect(step.run({ x: [1, 2, 3] })).rejects.toThrow();
    expect([...(await store.read("p"))]).toEqual([1, -2, 3]);
  });

  it("are not taken for done where something else is refused", async () => {
    const failing = { run: () => Promise.reject(new Error("out of memory")) };
    const session = failing as unknown as Parameters<typeof runWithoutCopies>[1];
    await expect(runWithoutCopies({ refusal: "no sequences" }, session, {}, {})).rejects.toThrow(
      "out of memory",
    );
  });
});

describe("the probe", () => {
  it("finds nothing where sequences come back, or given buffers stay empty", async () => {
    const { ort } = await nodeEngine();
    const withRun = (run: () => Promise<unknown>) => ({
      ...ort,
      Tensor: ort.Tensor,
      InferenceSession: {
        create: async () => ({ run, release: async () => {} }),
      } as unknown as typeof ort.InferenceSession,
    });
    expect(await probeRefusal(withRun(async () => ({})))).toBeUndefined();
    expect(await probeRefusal(withRun(() => Promise.reject(new Error("refused"))))).toBeUndefined();
  });
});
