/** @file Each built-in kind of task with entries of a dataset, and how its labels and predictions look. */
import type { Random } from "../../src/common/random.js";
import type {
  BoundariesSpec,
  LabelMap,
  MotionSpec,
  PredictionMap,
  SegmentationSpec,
  TaskSpec,
  UnitMapSpec,
} from "../../src/tasks/index.js";
import type { TaskExample } from "../helpers/task-conformance/index.js";

interface TaskEntry {
  readonly entry: TaskSpec & Readonly<Record<string, unknown>>;
  readonly example: TaskExample<never>;
}

/** Logits of which the label's class has the largest. */
function logitsOf({ data, height, width }: LabelMap, { classes }: SegmentationSpec): PredictionMap {
  const logits = new Float32Array(classes.length * data.length);
  data.forEach((k, i) => {
    logits[k * data.length + i] = 5;
  });
  return { channels: classes.length, height, width, data: logits };
}

function unitVector(random: Random): number[] {
  const vector = [random.normal(), random.normal(), -Math.abs(random.normal()) - 0.1];
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** A label's angles and translation, without residual motion, and intrinsics that no label tells. */
function motionExample(channels: number): TaskExample<MotionSpec> {
  return {
    pixel: (random) => Array.from({ length: 6 }, () => random.uniform(-1, 1)),
    perfect: ({ data, height, width }) => {
      const predicted = new Float32Array(channels * height * width);
      predicted.set(data);
      return { channels, height, width, data: predicted };
    },
    precision: 1e-6,
  };
}

// Labels without a gap are written as 8-bit steps, others as floats: the suite must see both.
const unitMaps = ["occlusion-edges", "reshading", "keypoints2d", "edges2d"].flatMap((kind): TaskEntry[] => [
  { entry: { kind }, example: {} },
  {
    entry: { kind, invalid: 7 },
    example: {
      pixel: (random) => [random.pick([0, random.uniform(), 7 / 255, 1])],
      // A value that would be read as invalid is moved by one step.
      precision: 1.5 / 255 + 1e-6,
    } satisfies TaskExample<UnitMapSpec>,
  },
]);

export const taskExamples: readonly TaskEntry[] = [
  {
    entry: { kind: "segmentation", classes: ["wall", "floor", "chair"] },
    example: {
      pixel: (random, { classes }) => [random.integer(classes.length)],
      perfect: logitsOf,
      precision: 0,
    } satisfies TaskExample<SegmentationSpec>,
  },
  ...[
    { loss: "focal", classWeights: "auto" },
    { loss: "cross-entropy+dice", classWeights: { chair: 2 } },
  ].map(
    (options): TaskEntry => ({
      entry: { kind: "segmentation", classes: ["wall", "floor", "chair"], ...options },
      example: {
        pixel: (random, { classes }) => [random.integer(classes.length)],
        perfect: logitsOf,
        precision: 0,
      } satisfies TaskExample<SegmentationSpec>,
    }),
  ),
  {
    entry: { kind: "depth", loss: "silog" },
    example: { pixel: (random) => [random.uniform(0.4, 60)], precision: 0.0005 + 1e-5 },
  },
  {
    entry: { kind: "depth" },
    example: { pixel: (random) => [random.uniform(0.4, 60)], precision: 0.0005 + 1e-5 },
  },
  { entry: { kind: "normals" }, example: { pixel: unitVector, precision: 0.008 } },
  ...unitMaps,
  { entry: { kind: "motion" }, example: motionExample(9) },
  { entry: { kind: "motion", intrinsics: true }, example: motionExample(13) },
  ...[{ annotators: 3 }, { annotators: 9, invalid: 65535 }, { thresholds: 9, positiveWeight: "auto" }].map(
    (options): TaskEntry => ({
      entry: { kind: "boundaries", ...options },
      example: {
        // One line that all annotators marked.
        pixel: (_random, { annotators }, { column }) => Array(annotators).fill(Number(column === 0)),
        perfect: ({ data, height, width }) => ({
          ...{ channels: 1, height, width },
          data: data.slice(0, height * width),
        }),
        precision: 0,
        // One recall at all thresholds: nothing to average over.
        beyond: ["ap"],
      } satisfies TaskExample<BoundariesSpec>,
    }),
  ),
];
