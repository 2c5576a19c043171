/** @file Stochastic gradient descent, as torch.optim.SGD. */
import { add, mul, sub } from "../../graph/ops/arithmetic.js";
import type { Optimizer, ParameterUpdate } from "./optimizer.js";

export interface SgdOptions {
  momentum?: number;
  nesterov?: boolean;
  /** L2 penalty added to the gradient. */
  weightDecay?: number;
}

/**
 * g' = g + weightDecay p; v' = momentum v + g'; p' = p - rate v' (Nesterov: p - rate (g' + momentum v')).
 * PyTorch starts the buffer with the first gradient instead of zero plus it, which is the same at zero
 * dampening.
 */
export function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {}): Optimizer {
  return {
    name: "sgd",
    slots: momentum === 0 ? [] : ["velocity"],
    scalars: (learningRate) => ({ rate: learningRate }),
    update(parameter, gradient, { velocity }, { rate }): ParameterUpdate {
      const decayed = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
      if (momentum === 0) return { parameter: sub(parameter, mul(decayed, rate)), slots: {} };
      const next = add(mul(velocity, momentum), decayed);
      const direction = nesterov ? add(decayed, mul(next, momentum)) : next;
      return { parameter: sub(parameter, mul(direction, rate)), slots: { velocity: next } };
    },
  };
}
