import { expect, it } from "vitest";
import { add, gradientsOrNull, input, mul, PORTABLE, reduceSum } from "../../src/graph/index.js";
import { deeplabv3plus } from "../../src/models/deeplabv3plus.js";
import { runNetwork } from "../../src/models/network.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { compile } from "../helpers/compile.js";

// With running statistics: at random weights those of a small batch make gradients so steep that rounding
// alone changes them by percents.
it("DeepLabV3+ has the same map and gradients in the CPU's spelling, with channels in blocks, as in the portable one", async () => {
  const variables = new ModuleSet();
  const network = deeplabv3plus({ encoder: "resnet50", outputStride: 8, width: 16 });
  const x = input("x", [2, 3, 32, 48]);
  const heads = [{ name: "depth", channels: 2 }];
  const { outputs } = runNetwork(network, new Layer(variables.scope(), new Forward("eval")), x, heads);
  const parameters = variables.trained();
  const loss = add(reduceSum(mul(outputs.depth, outputs.depth)), reduceSum(outputs.depth));
  const gradients = gradientsOrNull(
    [{ output: loss }],
    parameters.map(({ tensor }) => tensor),
  );
  const named = gradients.map((gradient, i) => [`gradient of ${parameters[i].name}`, gradient!] as const);
  const wanted = { map: outputs.depth, ...Object.fromEntries(named) };
  const values = variables.all().map((each) => [each.name, variables.initialValue(each, 1)] as const);
  const image = Float32Array.from({ length: 2 * 3 * 32 * 48 }, (_, i) => Math.sin(0.7 * i) ** 2);
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  const run = async (target: typeof PORTABLE) => {
    const compiled = await compile(engine, wanted, { target });
    const results = await compiled.run({ ...Object.fromEntries(values), x: image });
    await compiled.release();
    return results;
  };
  const [own, portable] = [await run(engine.target), await run(PORTABLE)];
  const norm = (data: Float32Array) => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
  const wrong = Object.keys(wanted).flatMap((name) => {
    const error = norm(own[name].map((value, i) => value - portable[name][i])) / norm(portable[name]);
    return error < 1e-3 ? [] : [`${name}: ${error}`];
  });
  expect(wrong).toEqual([]);
});
