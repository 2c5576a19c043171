import { describe, expect, it } from "vitest";
import { gradientsOrNull, input, mul, reduceSum } from "../../src/graph/index.js";
import { add } from "../../src/graph/ops/arithmetic.js";
import { motionNet } from "../../src/models/motion-net.js";
import { runNetwork } from "../../src/models/network.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet, type Variable } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { infer } from "../helpers/network.js";
import { wave } from "../helpers/waves.js";

const [HEIGHT, WIDTH] = [32, 64];
const AREA = HEIGHT * WIDTH;
const options = { width: 4, norm: "none", residual: true, intrinsics: false } as const;

async function predict(
  channels: number,
  change: (variable: Variable, value: Float32Array) => Float32Array = (_, value) => value,
): Promise<Float32Array[]> {
  const network = motionNet({ ...options, intrinsics: channels > 9 });
  const heads = [{ name: "motion", channels }];
  const data = wave("frames", [1, 6, HEIGHT, WIDTH]).map((each) => 0.5 + each / 2);
  const { motion } = await infer(
    (layer, x) => runNetwork(network, layer, x, heads).outputs,
    { shape: [1, 6, HEIGHT, WIDTH], data },
    (variable, variables) => change(variable, variables.initialValue(variable, 3)),
  );
  return Array.from({ length: channels }, (_, c) => motion.slice(c * AREA, (c + 1) * AREA));
}

describe("motion-net", () => {
  it("moves the camera alike at every pixel, points each by itself, and little at first", async () => {
    const planes = await predict(9);
    for (const plane of planes.slice(0, 6)) expect(new Set(plane).size).toBe(1);
    for (const plane of planes.slice(6)) expect(new Set(plane).size).toBeGreaterThan(20);
    for (const plane of planes) for (const value of plane) expect(Math.abs(value)).toBeLessThan(0.5);
  });

  it("multiplies by learned scales that never fall below a thousandth", async () => {
    const scaledBy = (value: number) =>
      predict(9, ({ name }, start) => (name.endsWith("_scale") ? Float32Array.of(value) : start));
    const [once, tenfold, negative, least] = await Promise.all([0.01, 0.1, -1, 0.001].map(scaledBy));
    for (const [c, plane] of once.entries()) {
      expect(tenfold[c][0]).toBeCloseTo(10 * plane[0], 4);
      expect(negative[c]).toEqual(least[c]);
    }
  });

  it("lets no point move by itself where it is told so", () => {
    const modules = new ModuleSet();
    const x = input("x", [1, 6, HEIGHT, WIDTH]);
    const layer = new Layer(modules.scope(), new Forward("eval"));
    runNetwork(motionNet({ ...options, residual: false }), layer, x, [{ name: "motion", channels: 9 }]);
    expect(modules.all().filter(({ name }) => name.includes("refine"))).toEqual([]);
  });

  it("starts from a camera as wide as most, where it learns intrinsics", async () => {
    const zeroed = await predict(13, ({ name }, start) =>
      name.includes("intrinsics") ? new Float32Array(start.length) : start,
    );
    const [fx, fy, cx, cy] = zeroed.slice(9).map((plane) => plane[7]);
    expect([fx, fy]).toEqual([WIDTH, HEIGHT].map((side) => expect.closeTo(Math.log(2) * side, 4)));
    expect([cx, cy]).toEqual([WIDTH / 2, HEIGHT / 2]);
    for (const plane of (await predict(13)).slice(9)) expect(new Set(plane).size).toBe(1);
  });

  it("says of a motion task that it predicts intrinsics, of no other, and only where it does", () => {
    const [moving, other] = resolveTasks({ motion: { kind: "motion" }, depth: { kind: "depth" } });
    const learned = motionNet({ ...options, intrinsics: true }).asPredicted!;
    expect(learned(moving).spec).toEqual({ kind: "motion", intrinsics: true });
    expect(learned(other)).toBe(other);
    expect(motionNet(options).asPredicted!(moving)).toBe(moving);
  });

  it.each([9, 13])("sends gradients of a motion of %i channels to every parameter", (channels) => {
    const modules = new ModuleSet();
    const x = input("x", [2, 6, HEIGHT, WIDTH]);
    const network = motionNet({ ...options, intrinsics: channels > 9 });
    const layer = new Layer(modules.scope(), new Forward("train"));
    const { outputs } = runNetwork(network, layer, x, [{ name: "motion", channels }]);
    const loss = add(reduceSum(mul(outputs.motion, outputs.motion)), 0);
    const parameters = modules.trained().map(({ tensor }) => tensor);
    expect(gradientsOrNull([{ output: loss }], parameters).every((each) => each !== null)).toBe(true);
  });
});
