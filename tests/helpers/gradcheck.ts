/**
 * @file Analytic gradients against central differences (fourth order), entry by entry and along random
 * directions. The operators compute in float32, so the step is large and inputs must keep away from kinks by
 * twice the step.
 */
import { Random } from "../../src/common/random.js";
import { concat, gradients, input, reshape, sizeOf } from "../../src/graph/index.js";
import type { Engine } from "../../src/runtime/engine.js";
import { compile, type Feeds } from "./compile.js";
import { feedsOf, type OperatorCase, symbols } from "./operator-case.js";

/**
 * Allowed error of one directional derivative: `absolute` times the gradient's largest entry (at least 1) +
 * `relative` of itself.
 */
export const TOLERANCE = { step: 1e-2, absolute: 1.5e-3, relative: 2e-3 };
const MAX_ENTRIES = 48;
const DIRECTIONS = 3;

export interface GradientError {
  /** What was varied: an entry such as `x[3]`, or `direction 0`. */
  readonly along: string;
  readonly analytic: number;
  readonly numeric: number;
}

/**
 * The directional derivatives on which gradient and differences disagree; an empty list where the gradient is
 * right.
 */
export async function gradcheck(engine: Engine, operatorCase: OperatorCase): Promise<GradientError[]> {
  const tensors = symbols(operatorCase);
  const output = operatorCase.build(tensors);
  const seed = input("seed", output.shape);
  const names = Object.keys(operatorCase.inputs).filter((name) => operatorCase.inputs[name].varied);
  const found = gradients(
    output,
    names.map((name) => tensors[name]),
    seed,
  );
  const forward = await compile(engine, { output });
  const backward = await compile(engine, {
    all: concat(
      found.map((gradient) => reshape(gradient, [-1])),
      0,
    ),
  });
  const random = new Random(1, operatorCase.name);
  const feeds: Feeds = {
    ...feedsOf(operatorCase),
    seed: Array.from({ length: sizeOf(output.shape) }, () => random.uniform(-1, 1)),
  };
  const analytic = (await backward.run(feeds)).all;

  const valueAt = async (direction: Float64Array, step: number) => {
    const moved: Record<string, ArrayLike<number>> = { ...feeds };
    let start = 0;
    for (const name of names) {
      const from = start;
      moved[name] = Array.from(feeds[name], (value, i) => value + step * direction[from + i]);
      start += moved[name].length;
    }
    const { output: values } = await forward.run(moved);
    return values.reduce((sum, value, i) => sum + value * feeds.seed[i], 0);
  };
  const scale = Math.max(1, ...analytic.map(Math.abs));
  const errors: GradientError[] = [];
  for (const { along, direction } of directions(operatorCase, names, random)) {
    const h = TOLERANCE.step;
    const near = (await valueAt(direction, h)) - (await valueAt(direction, -h));
    const far = (await valueAt(direction, 2 * h)) - (await valueAt(direction, -2 * h));
    const numeric = (8 * near - far) / (12 * h);
    const expected = analytic.reduce((sum, value, i) => sum + value * direction[i], 0);
    const allowed = TOLERANCE.absolute * scale + TOLERANCE.relative * Math.abs(numeric);
    // Written so that NaN counts as an error.
    if (!(Math.abs(numeric - expected) <= allowed)) errors.push({ along, analytic: expected, numeric });
  }
  await forward.release();
  await backward.release();
  return errors;
}

/**
 * Single entries (all of them, or a sample of a large input's), then random directions with entries of at
 * most one step.
 */
function directions(operatorCase: OperatorCase, names: readonly string[], random: Random) {
  const sizes = names.map((name) => sizeOf(operatorCase.inputs[name].shape));
  const total = sizes.reduce((a, b) => a + b, 0);
  const result: { along: string; direction: Float64Array }[] = [];
  let start = 0;
  names.forEach((name, k) => {
    const all = Array.from({ length: sizes[k] }, (_, i) => i);
    for (const i of sizes[k] <= MAX_ENTRIES ? all : random.shuffle(all).slice(0, MAX_ENTRIES)) {
      const direction = new Float64Array(total);
      direction[start + i] = 1;
      result.push({ along: `${name}[${i}]`, direction });
    }
    start += sizes[k];
  });
  for (let i = 0; i < DIRECTIONS; i++) {
    const direction = Float64Array.from({ length: total }, () => random.uniform(-1, 1));
    result.push({ along: `direction ${i}`, direction });
  }
  return result;
}
