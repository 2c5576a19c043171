/**
 * @file Single-task learning: a network of its own for each task (JTR eq. 1 with one task; the tables' STL).
 */
import { z } from "zod";
import { type Head, lastFeatures, type Network, runNetwork } from "../models/network.js";
import type { MethodContext, MethodDefinition, MethodResult } from "./method.js";
import { observedMean } from "./observed.js";
import { networkInput, networkPass, supervisedTerm } from "./supervised.js";

/**
 * One copy of a network for each head, under the scope `<head>`. The copies share nothing, so nothing is
 * encoded before the heads are known: `encode` hands on the image as it is, and `decode` runs each copy from
 * there.
 */
export function networkPerTask(network: Network): Network {
  return {
    frames: network.frames,
    asPredicted: network.asPredicted,
    sizeMultiple: network.sizeMultiple,
    encode: (_layer, x) => ({ bottleneck: x, skips: [] }),
    decode: (layer, { bottleneck: image }, heads) => {
      const own = (head: Head) => {
        const run = runNetwork(network, layer.child(head.name), image, [head]);
        const { outputs, coarser } = run;
        return { output: outputs[head.name], coarser: coarser?.[head.name], last: lastFeatures(run) };
      };
      const runs = heads.map((head) => [head.name, own(head)] as const);
      return {
        outputs: Object.fromEntries(runs.map(([name, { output }]) => [name, output])),
        coarser: Object.fromEntries(
          runs.flatMap(([name, { coarser }]) => (coarser === undefined ? [] : [[name, coarser]])),
        ),
        lasts: runs.map(([, { last }]) => last),
      };
    },
  };
}

/**
 * One term a task: the mean of its loss over the samples labelled for it, Σ_b L_t(b) / |{b : t in T_b}|; 0
 * where there is none.
 */
function build(context: MethodContext): MethodResult {
  const { predictions } = networkPass(context, networkInput(context));
  const terms = context.tasks.map((task) => {
    const { label, valid, labelled } = context.labels(task);
    const losses = task.kind.learning.loss(predictions[task.name], label, valid, task.spec);
    const observed = observedMean(losses, labelled);
    return { ...supervisedTerm(task), value: observed.value, observed };
  });
  return { terms };
}

export const singleTask: MethodDefinition<Record<string, never>> = {
  name: "single-task",
  needsLabels: true,
  options: z.strictObject({}),
  network: networkPerTask,
  build,
};
