import { expect, it } from "vitest";
import { singleTask, supervised } from "../../src/methods/index.js";
import type { MethodDefinition } from "../../src/methods/method.js";
import { deeplabv3plus } from "../../src/models/deeplabv3plus.js";
import { depthNet } from "../../src/models/depth-net.js";
import { segnet } from "../../src/models/segnet.js";
import { xtascNet } from "../../src/models/xtasc-net.js";
import type { StepPlan } from "../../src/step/plan.js";
import { buildTraining } from "../../src/step/program.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { type WeightingDefinition, weightings } from "../../src/weighting/index.js";
import { userError } from "../helpers/folder.js";
import { stepPlan } from "../helpers/plan.js";

const both = resolveTasks({ depth: { kind: "depth" }, normals: { kind: "normals" } });
const one = resolveTasks({ depth: { kind: "depth" } });
const network = segnet({ width: 2 });

function build(
  weighting: WeightingDefinition,
  {
    method = supervised as MethodDefinition,
    ...plan
  }: Partial<Pick<StepPlan, "tasks" | "network">> & {
    method?: MethodDefinition;
  } = {},
) {
  const configured = { weighting, options: weighting.options.parse({}) };
  return buildTraining(
    stepPlan(
      method,
      {},
      { tasks: both, network, batchSize: 1, size: [32, 32], weighting: configured, ...plan },
    ),
  );
}

/** Names of what a weighting sees as shared. */
function sharedBy(options: Parameters<typeof build>[1]): { all: string[]; last: string[] } {
  let found = { all: [] as string[], last: [] as string[] };
  build(
    {
      ...weightings.equal,
      combine(context, given) {
        const names = (of: typeof context.shared) => of.map(({ name }) => name);
        found = { all: names(context.shared), last: names(context.lastShared) };
        return weightings.equal.combine(context, given);
      },
    },
    options,
  );
  return found;
}

const networks = {
  segnet: network,
  deeplabv3plus: deeplabv3plus({ encoder: "resnet18", outputStride: 16, width: 4 }),
  "depth-net": depthNet({ encoder: "resnet18", width: 4, near: 0.1, far: 100 }),
  "xtasc-net": xtascNet({ encoder: "resnet18", width: 4 }),
};
it.each(Object.entries(networks))(
  "counts no head of %s as shared, though they may be one convolution",
  (_, each) => {
    const { all, last } = sharedBy({ network: each });
    expect(all.filter((name) => name.startsWith("head"))).toEqual([]);
    expect(all.length).toBeGreaterThan(10);
    expect(last.length).toBeGreaterThan(0);
    for (const name of last) expect(all).toContain(name);
  },
);

it("shares nothing between networks of one task each", () => {
  const perTask = singleTask.network!(network, {});
  expect(sharedBy({ method: singleTask as MethodDefinition, network: perTask }).all).toEqual([]);
});

/** The parameters that a step moves, but the weighting's own. */
function moved(weighting: WeightingDefinition): string[] {
  const { graph, modules } = build(weighting);
  const advanced = new Set(graph.update.state.map(({ name }) => name));
  return modules.of("").flatMap(({ name }) => (advanced.has(name) ? [name] : []));
}

it.each(Object.keys(weightings))("%s moves all that the plain sum moves", (name) => {
  expect(moved(weightings[name])).toEqual(moved(weightings.equal));
});

const lone = Object.values(weightings).filter(({ least }) => least > 1);
it.each(lone.map(({ name }) => name))("%s refuses a single task", async (name) => {
  const error = await userError(() => build(weightings[name], { tasks: one }));
  expect(error.facts.code).toBe("weighting.too-few-tasks");
  expect(error.message).toContain("got depth");
});

const bound = Object.values(weightings).filter(({ needsShared }) => needsShared);
it.each(bound.map(({ name }) => name))("%s refuses networks that share nothing", async (name) => {
  const perTask = singleTask.network!(network, {});
  const error = await userError(() =>
    build(weightings[name], { method: singleTask as MethodDefinition, network: perTask }),
  );
  expect(error.facts.code).toBe("weighting.nothing-shared");
});
