/** @file Metrics of predicted motion: the trajectories that it comes to. */
import type { RigidMotion } from "../geometry/rigid.js";
import { requireSameSize } from "./maps.js";
import { motionAt } from "./motion-maps.js";
import type { MeasuredImage, MetricAccumulator, MetricInfo } from "./task.js";
import { alignedError, type Step, snippetErrors, stepErrors } from "./trajectory.js";

const DEGREES = 180 / Math.PI;

/** In the order of `result`. */
export const MOTION_METRICS: readonly MetricInfo[] = [
  { name: "ate", unit: "m", better: "lower" },
  { name: "ateWhole", unit: "m", better: "lower" },
  { name: "rpeTrans", unit: "m", better: "lower" },
  { name: "rpeRot", unit: "°", better: "lower" },
  { name: "tErr", unit: "m", better: "lower" },
];

/** A step and where it stands in time. */
interface PlacedStep extends Step {
  readonly id: string;
  readonly place: MeasuredImage["sequence"];
}

/** Steps that follow one another without a gap; a step of no sequence is a course of its own. */
export function courses(steps: readonly PlacedStep[]): PlacedStep[][] {
  const order = ({ place, id }: PlacedStep) => [place?.index ?? -1, place?.frame ?? 0, id] as const;
  const sorted = [...steps].sort((a, b) => {
    const [first, second] = [order(a), order(b)];
    return first[0] - second[0] || first[1] - second[1] || (first[2] < second[2] ? -1 : 1);
  });
  const found: PlacedStep[][] = [];
  for (const step of sorted) {
    const before = found.at(-1)?.at(-1)?.place;
    const { place } = step;
    const follows = before !== undefined && before.index === place?.index && before.frame + 1 === place.frame;
    if (follows) found.at(-1)!.push(step);
    else found.push([step]);
  }
  return found;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const rootMean = (values: readonly number[]): number => Math.sqrt(mean(values.map((value) => value ** 2)));

function distance({ translation: a }: RigidMotion, { translation: b }: RigidMotion): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

export function motionAccumulator(): MetricAccumulator {
  const steps: PlacedStep[] = [];
  return {
    update(prediction, label, { id, sequence }) {
      requireSameSize(prediction, label);
      if (!label.valid.includes(1)) return;
      steps.push({
        ...{ id, place: sequence },
        predicted: motionAt(prediction, label.valid),
        truth: motionAt(label, label.valid),
      });
    },
    result() {
      const all = courses(steps);
      const errors = all.flatMap(stepErrors);
      return {
        ate: mean(all.flatMap(snippetErrors)),
        ateWhole: mean(all.map(alignedError)),
        rpeTrans: rootMean(errors.map(({ translation }) => translation)),
        rpeRot: DEGREES * rootMean(errors.map(({ rotation }) => rotation)),
        tErr: mean(all.flat().map(({ predicted, truth }) => distance(predicted, truth))),
      };
    },
  };
}
