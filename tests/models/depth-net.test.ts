import { describe, expect, it } from "vitest";
import { input } from "../../src/graph/index.js";
import { depthNet } from "../../src/models/depth-net.js";
import { models } from "../../src/models/index.js";
import { runNetwork } from "../../src/models/network.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { userError } from "../helpers/folder.js";
import { wave } from "../helpers/waves.js";

const OPTIONS = { encoder: "resnet18", width: 4, near: 0.5, far: 20 } as const;

/** Depth of one image, every parameter times `scale`, with one value in the bias of the head. */
async function depths(bias: number, scale = 1): Promise<Float32Array> {
  const modules = new ModuleSet();
  const x = input("x", [1, 3, 32, 64]);
  const layer = new Layer(modules.scope(), new Forward("eval"));
  const { outputs } = runNetwork(depthNet(OPTIONS), layer, x, [{ name: "depth", channels: 1 }]);
  const feeds: Record<string, Float32Array> = {
    x: wave("image", [1, 3, 32, 64]).map((each) => 0.5 + each / 2),
  };
  for (const variable of modules.all()) {
    const value = modules.initialValue(variable, 3);
    feeds[variable.name] = variable.kind === "parameter" ? value.map((each) => each * scale) : value;
  }
  feeds["head.depth.bias"] = Float32Array.of(bias);
  return (await evaluate(await nodeEngine({ provider: "cpu" }), outputs, feeds)).depth;
}

describe("depth-net", () => {
  it("predicts depths between its nearest and farthest, whatever its weights", async () => {
    for (const [bias, scale] of [
      [0, 1],
      [30, 1],
      [-30, 1],
      [0, 5],
    ]) {
      for (const metres of await depths(bias, scale)) {
        expect(metres).toBeGreaterThanOrEqual(0.5 - 1e-4);
        expect(metres).toBeLessThanOrEqual(20 + 1e-3);
      }
    }
  });

  it("is a disparity: near where its output is large, the harmonic middle where it is nothing", async () => {
    expect((await depths(30))[0]).toBeCloseTo(0.5, 3);
    expect((await depths(-30))[0]).toBeCloseTo(20, 2);
    // With weights of nothing the disparity is half way between 1/20 and 1/0.5.
    for (const metres of await depths(0, 0)) expect(metres).toBeCloseTo(1 / ((1 / 20 + 2) / 2), 4);
  });

  it("predicts from smaller maps, too, at the image's size, the larger ones first", () => {
    const modules = new ModuleSet();
    const x = input("x", [2, 3, 32, 64]);
    const layer = new Layer(modules.scope(), new Forward("eval"));
    const heads = [
      { name: "depth", channels: 1 },
      { name: "normals", channels: 3 },
    ];
    const { coarser } = runNetwork(depthNet({ ...OPTIONS, scales: 4 }), layer, x, heads);
    expect(Object.keys(coarser!)).toEqual(["depth"]);
    expect(coarser!.depth.map(({ shape }) => shape)).toEqual(new Array(3).fill([2, 1, 32, 64]));
    const channelsOf = (path: string) => modules.all().find((each) => each.path === path)!.tensor.shape[1];
    // The decoder's maps have half as many channels at each enlargement.
    expect([1, 2, 3].map((level) => channelsOf(`scale${level}.depth.weight`))).toEqual([2, 4, 8]);
    expect(runNetwork(depthNet(OPTIONS), layer, x, heads).coarser).toBeUndefined();
  });

  it("refuses a range that is none", async () => {
    const { facts } = await userError(() => models["depth-net"].create({ ...OPTIONS, near: 3, far: 2 }));
    expect(facts.code).toBe("model.bad-range");
  });
});
