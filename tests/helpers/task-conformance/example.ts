/** @file A task under test, and labels and predictions made up for it. */
import type { Random } from "../../../src/common/random.js";
import type { LabelMap, MetricInfo, PredictionMap, TaskKind, TaskSpec } from "../../../src/tasks/task.js";

/** How a kind of task differs from the most common one, whose labels are any values in [0, 1]. */
export interface TaskExample<S extends TaskSpec> {
  /** The value of one valid pixel, by label channel; uniform in [0, 1] if left out. */
  pixel?(random: Random, spec: S, place: { readonly column: number }): readonly number[];
  /** The prediction that hits a label exactly; the label's own values if left out. */
  perfect?(label: LabelMap, spec: S): PredictionMap;
  /** Largest difference that a file's precision may make; half a step of eight bits if left out. */
  readonly precision?: number;
  /** Metrics that one perfect prediction does not bring to their best value. */
  readonly beyond?: readonly string[];
}

/** A kind with its parsed entry and everything the suite makes up for it. */
export interface TaskUnderTest<S extends TaskSpec = TaskSpec> {
  readonly name: string;
  readonly kind: TaskKind<S>;
  /** As a user writes it. */
  readonly entry: unknown;
  readonly spec: S;
  readonly precision: number;
  /** The metrics that a perfect prediction brings to their best value. */
  readonly reached: readonly MetricInfo[];
  /** A label of random pixels, each valid with the given probability (the first one always is). */
  label(random: Random, probability?: number): LabelMap;
  perfect(label: LabelMap): PredictionMap;
  /** Any values: networks predict what they like. */
  prediction(random: Random): PredictionMap;
}

/** Size of all maps of the suite. */
export const [H, W] = [4, 6];

export function taskUnderTest<S extends TaskSpec>(
  name: string,
  kind: TaskKind<S>,
  entry: unknown,
  example: TaskExample<S>,
): TaskUnderTest<S> {
  const spec = kind.specSchema.parse(entry);
  const channels = kind.files.labelChannels(spec);
  const pixel =
    example.pixel ?? ((random: Random) => Array.from({ length: channels }, () => random.uniform()));
  const ownValues = ({ data }: LabelMap) => ({ channels, height: H, width: W, data });
  return {
    name,
    kind,
    entry,
    spec,
    precision: example.precision ?? 0.5 / 255 + 1e-6,
    reached: kind.metrics.infos.filter(({ name }) => !example.beyond?.includes(name)),
    label(random, probability = 0.7) {
      const data = new Float32Array(channels * H * W);
      const valid = new Uint8Array(H * W);
      for (let i = 0; i < H * W; i++) {
        if (i > 0 && random.uniform() >= probability) continue;
        valid[i] = 1;
        pixel(random, spec, { column: i % W }).forEach((value, channel) => {
          data[channel * H * W + i] = value;
        });
      }
      return { channels, height: H, width: W, data, valid };
    },
    perfect: (label) => example.perfect?.(label, spec) ?? ownValues(label),
    prediction(random) {
      const predicted = kind.learning.channels(spec);
      const data = Float32Array.from({ length: predicted * H * W }, () => random.normal() + 2);
      return { channels: predicted, height: H, width: W, data };
    },
  };
}

/** Best value of a metric: 0 where lower is better, else 100 % or 1. */
export function bestValue({ unit, better }: { readonly unit: string; readonly better: string }): number {
  return better === "lower" ? 0 : unit === "%" ? 100 : 1;
}
