/** @file Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), as in torch.optim. */
import { add, div, mul, sub } from "../../graph/ops/arithmetic.js";
import { sqrt } from "../../graph/ops/unary.js";
import type { Optimizer } from "./optimizer.js";

export interface AdamOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /**
   * Adam: L2 penalty added to the gradient. AdamW: decoupled decay of the parameter by rate * weightDecay.
   */
  weightDecay?: number;
}

/**
 * m' = b1 m + (1 - b1) g; v' = b2 v + (1 - b2) g²; p' = p - rate / (1 - b1^t) m' / (sqrt(v' / (1 - b2^t)) +
 * epsilon). The slots hold m / (1 - b1) and v / (1 - b2), which saves a pass over the parameters for each;
 * the scalars undo it.
 */
function adaptive(
  name: string,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamOptions,
  decoupled: boolean,
): Optimizer {
  return {
    name,
    slots: ["m", "v"],
    scalars(learningRate, updatesDone) {
      const t = updatesDone + 1;
      const root = Math.sqrt((1 - beta2) / (1 - beta2 ** t));
      return {
        // m'/(1-b1) * rate (1-b1)/(1-b1^t) / (sqrt(v'/(1-b2)) root + epsilon), numerator and denominator
        // divided by root.
        rate: (learningRate * (1 - beta1)) / (1 - beta1 ** t) / root,
        epsilon: epsilon / root,
        keep: 1 - learningRate * weightDecay,
      };
    },
    update(parameter, gradient, { m, v }, scalars) {
      const penalised =
        weightDecay === 0 || decoupled ? gradient : add(gradient, mul(parameter, weightDecay));
      const kept = weightDecay === 0 || !decoupled ? parameter : mul(parameter, scalars.keep);
      const nextM = add(mul(m, beta1), penalised);
      const nextV = add(mul(v, beta2), mul(penalised, penalised));
      const direction = div(nextM, add(sqrt(nextV), scalars.epsilon));
      return { parameter: sub(kept, mul(direction, scalars.rate)), slots: { m: nextM, v: nextV } };
    },
  };
}

export const adam = (options: AdamOptions = {}): Optimizer => adaptive("adam", options, false);
export const adamw = (options: AdamOptions = {}): Optimizer =>
  adaptive("adamw", { weightDecay: 0.01, ...options }, true);
