/**
 * @file The photometric step of depth and motion as one graph, for the speed benchmark: depth-net on both
 * frames, motion-net on both orders of them, Taskology's eq. 3-5 in both directions, and a gradient through
 * both networks (a collective in one process runs the same as a step of each network).
 */
import { z } from "zod";
import { photometric } from "../../src/constraints/photometric.js";
import { constraintContext } from "../../src/constraints/predicted-motion.js";
import { headsOf, type MethodDefinition, networkPass } from "../../src/methods/index.js";
import { depthNet } from "../../src/models/depth-net.js";
import { motionNet } from "../../src/models/motion-net.js";
import { runNetwork } from "../../src/models/network.js";
import { Layer } from "../../src/nn/layer.js";
import type { TermsPlan } from "../../src/step/plan.js";
import { resolveTasks } from "../../src/tasks/index.js";

/** Both networks of a width, with the defaults of their options otherwise. */
export function photometricPlan(width: number): Pick<TermsPlan, "tasks" | "network" | "method"> {
  const tasks = resolveTasks({ depth: { kind: "depth" }, motion: { kind: "motion" } });
  const [depth, motion] = tasks;
  const mover = motionNet({ width, norm: "none", residual: true, intrinsics: false });
  const method: MethodDefinition<Record<string, never>> = {
    name: "photometric step",
    options: z.strictObject({}),
    frames: () => ({ count: 2, step: 1 }),
    arrays: () => ["camera"],
    build(context) {
      const { batchSize, size, forward } = context;
      const layer = new Layer(context.helper("motion"), forward);
      const seen = constraintContext({
        ...{ tasks, batchSize, size },
        image: (frame) => context.image(0, frame),
        camera: (frame) => context.camera(0, frame),
        givenMotion: () => {
          throw new RangeError("motion is predicted");
        },
        predictions: (frames) =>
          frames.length === 1
            ? networkPass(context, context.image(0, frames[0])).predictions
            : runNetwork(mover, layer, context.clip(frames), headsOf([motion])).outputs,
      });
      return { terms: photometric.build(seen, photometric.options.parse({})) };
    },
  };
  return {
    tasks: [depth],
    network: depthNet({ encoder: "resnet18", width, near: 0.1, far: 100 }),
    method: { method, options: {} },
  };
}
