import { expect, it } from "vitest";
import { mul } from "../../src/graph/index.js";
import { followedNext } from "../../src/nn/following.js";
import { zeros } from "../../src/nn/initializers.js";
import { KEPT, ModuleSet, type ModuleSpec } from "../../src/nn/module.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";

const follower = (name: string, module: string, decay: number): ModuleSpec => ({
  name,
  kept: false,
  follows: { module, decay },
});

it("copies follow what the step makes of their originals; what it makes of a copy itself stands", async () => {
  const modules = new ModuleSet();
  const net = modules.scope(KEPT);
  net.parameter("weight", [2], zeros);
  net.parameter("idle", [2], zeros);
  net.state("mean", [2], zeros);
  modules.mirror(follower("key", "", 0.9));
  modules.mirror(follower("slow", "", 0.5));
  modules.scope({ name: "other", kept: false }).parameter("weight", [2], zeros);

  const changed = (name: string, by: number) => {
    const leaf = modules.get(name)!.tensor;
    return { name, leaf, next: mul(leaf, by) };
  };
  // The key network's forward pass updates its own running statistics.
  const next = followedNext(modules, [
    changed("weight", 2),
    changed("mean", 3),
    changed("key.mean", 5),
    changed("other.weight", 7),
  ]);
  expect(next.map(({ name }) => name).sort()).toEqual(["key.weight", "slow.mean", "slow.weight"]);
  for (const { name, leaf } of next) expect(leaf).toBe(modules.get(name)!.tensor);

  const outputs = Object.fromEntries(next.map((each) => [`next ${each.name}`, each.next]));
  const feeds = {
    weight: [1, -1],
    mean: [2, 4],
    "key.weight": [10, 0],
    "slow.weight": [0, 8],
    "slow.mean": [1, 1],
  };
  const values = await evaluate(await nodeEngine(), outputs, feeds);
  const close = (name: string, wanted: number[]) =>
    wanted.forEach((value, i) => void expect(values[`next ${name}`][i]).toBeCloseTo(value, 5));
  close("key.weight", [9.2, -0.2]);
  close("slow.weight", [1, 3]);
  close("slow.mean", [3.5, 6.5]);
});
