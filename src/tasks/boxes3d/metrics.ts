/** @file Average precision of the present frame's boxes, over a whole set. */
import type { MetricAccumulator, MetricInfo } from "../task.js";
import { detectedClasses } from "./channels.js";
import { detections } from "./decode.js";
import type { DetectionFrame } from "./frames.js";
import { KITTI_DIFFICULTIES, kittiPrecision } from "./kitti.js";
import { isSeen, type KittiFrame, kittiFrame, NEIGHBOUR } from "./kitti-frames.js";
import { labelledBoxes } from "./rows.js";
import type { BoxesSpec } from "./spec.js";
import { WAYMO_RANGES, type WaymoOptions, waymoPrecision } from "./waymo.js";

type Choice = Omit<WaymoOptions, "class" | "overlap">;

/** What each metric measures; with headings (APH) where its name says so. */
const CHOICES: readonly (readonly [name: string, heading: boolean, choice: Choice])[] = [
  ["ap", false, { measure: "3d", level: 2 }],
  ["aph", true, { measure: "3d", level: 2 }],
  ["apBev", false, { measure: "bev", level: 2 }],
  ["aphBev", true, { measure: "bev", level: 2 }],
  ["apLevel1", false, { measure: "3d", level: 1 }],
  ["aphLevel1", true, { measure: "3d", level: 1 }],
  ["apTo30", false, { measure: "3d", level: 2, range: WAYMO_RANGES[0] }],
  ["ap30To50", false, { measure: "3d", level: 2, range: WAYMO_RANGES[1] }],
  ["apFrom50", false, { measure: "3d", level: 2, range: WAYMO_RANGES[2] }],
];

/** KITTI's, over 40 recalls, where labels say how a camera sees the boxes. */
const KITTI_CHOICES = (["3d", "bev"] as const).flatMap((measure) =>
  KITTI_DIFFICULTIES.map((difficulty) => {
    const name = `kitti${measure === "3d" ? "" : "Bev"}${difficulty[0].toUpperCase()}${difficulty.slice(1)}`;
    return [name, { measure, difficulty }] as const;
  }),
);

export const BOX_METRICS: readonly MetricInfo[] = [
  ...CHOICES.map(([name]) => ({ name, unit: "%", better: "higher" as const })),
  ...KITTI_CHOICES.map(([name]) => ({ name, unit: "%", better: "higher" as const, special: true })),
];

/** The mean of those that are numbers, in percent; NaN of none. */
function meanPercent(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? Number.NaN : (100 * known.reduce((sum, each) => sum + each, 0)) / known.length;
}

export function boxesAccumulator(spec: BoxesSpec): MetricAccumulator {
  const frames: DetectionFrame[] = [];
  const classes = detectedClasses(spec);
  const seen = new Map(classes.map(({ name }): [string, KittiFrame[]] => [name, []]));
  let isKitti = false;
  return {
    update(prediction, label, { view }) {
      const predicted = detections(prediction, spec);
      frames.push({ labelled: labelledBoxes(label, spec), predicted });
      if (view === undefined) return;
      isKitti ||= isSeen(label);
      for (const [name, own] of seen) own.push(kittiFrame(label, predicted, spec, name, view));
    },
    result: () => ({
      ...Object.fromEntries(
        CHOICES.map(([name, heading, choice]) => {
          const values = classes.map(({ name: detected, overlap }) => {
            const { ap, aph } = waymoPrecision(frames, { class: detected, overlap, ...choice });
            return heading ? aph : ap;
          });
          return [name, meanPercent(values)];
        }),
      ),
      ...Object.fromEntries(
        KITTI_CHOICES.map(([name, choice]) => {
          const values = classes.map(({ name: detected, overlap }) =>
            kittiPrecision(seen.get(detected)!, {
              class: detected,
              neighbour: NEIGHBOUR,
              overlap,
              ...choice,
            }),
          );
          return [name, isKitti ? meanPercent(values) : Number.NaN];
        }),
      ),
    }),
  };
}
