/**
 * @file Ramps: the weight of a loss term is 0 for some steps and then grows to its value, so that other terms
 * learn first.
 */
import { z } from "zod";
import type { StepInput } from "../nn/step-input.js";

/** Both in steps; a term counts in full from the first one where both are 0. */
export interface Ramp {
  /** Steps during which the weight is 0. */
  readonly rampFrom: number;
  /** Steps over which it then grows linearly. */
  readonly rampUp: number;
}

/** The options of a method whose `what` follows a ramp. */
export function rampOptions(what: string): Record<keyof Ramp, z.ZodDefault<z.ZodInt>> {
  const steps = z.int().min(0).default(0);
  return {
    rampFrom: steps.describe(`steps during which ${what} is 0; the papers have no ramp`),
    rampUp: steps.describe(`steps over which ${what} then grows from 0; the papers have no ramp`),
  };
}

/**
 * Share of its weight that a term has at a step (from 0): 0 up to `rampFrom`, 1 from `rampFrom + rampUp` on.
 */
export function rampAt({ rampFrom, rampUp }: Ramp, step: number): number {
  if (step < rampFrom) return 0;
  return rampUp === 0 ? 1 : Math.min((step - rampFrom) / rampUp, 1);
}

/** The scalar that terms with this ramp are multiplied by. */
export function rampInput(ramp: Ramp): StepInput {
  return {
    name: `ramp.${ramp.rampFrom}.${ramp.rampUp}`,
    shape: [],
    value: ({ step }) => Float32Array.of(rampAt(ramp, step)),
  };
}
