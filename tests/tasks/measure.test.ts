import { describe, expect, test } from "vitest";
import { resolveTasks, taskAccumulator } from "../../src/tasks/index.js";
import type { Measuring } from "../../src/tasks/measure.js";
import type { Task } from "../../src/tasks/task.js";
import { imageOf } from "../helpers/measured.js";

const [classes, depth] = resolveTasks({
  segmentation: { kind: "segmentation", classes: ["a", "b", "c"] },
  depth: { kind: "depth" },
});

type Image = readonly [readonly number[], readonly number[]];

/** Images as [predicted classes or metres, labels]; a label of -1 is invalid. */
function measure(task: Task, images: readonly Image[], measuring?: Measuring) {
  const accumulator = taskAccumulator(task, measuring);
  images.forEach(([predicted, truths], i) => {
    const width = truths.length;
    const valid = Uint8Array.from(truths, (truth) => Number(truth >= 0));
    const label = { channels: 1, height: 1, width, data: Float32Array.from(truths), valid };
    const scores = task === depth ? [predicted] : [0, 1, 2].map((k) => predicted.map((p) => Number(p === k)));
    const prediction = { channels: scores.length, height: 1, width, data: Float32Array.from(scores.flat()) };
    accumulator.update(prediction, label, imageOf(label, String(i)));
  });
  return accumulator;
}

describe("means over images", () => {
  // Image 1: IoU of a 1/2, of b 1/2; image 2: c 1, though one pixel is not labelled.
  const images: readonly Image[] = [
    [
      [0, 0, 1],
      [0, 1, 1],
    ],
    [
      [2, 0],
      [2, -1],
    ],
  ];

  test("of mIoU: over the classes of each image, then over images, as XTasC-Net's code", () => {
    const own = measure(classes, images, { mean: "images" }).result();
    expect(own.mIoU).toBe((100 * (0.5 + 1)) / 2);
    expect(own.pixelAccuracy).toBeCloseTo((100 * (2 / 3 + 1)) / 2, 9);
    const { mIoU, pixelAccuracy } = measure(classes, images).result();
    expect([mIoU, pixelAccuracy]).toEqual([(100 * (0.5 + 0.5 + 1)) / 3, 75]);
  });

  test("leave out images without a valid pixel", () => {
    const more: readonly Image[] = [
      ...images,
      [
        [1, 1],
        [-1, -1],
      ],
    ];
    expect(measure(classes, more, { mean: "images" }).result()).toEqual(
      measure(classes, images, { mean: "images" }).result(),
    );
  });

  test("of depth's rmse is a mean of roots", () => {
    const result = measure(
      depth,
      [
        [
          [2, 2],
          [1, 1],
        ],
        [[5], [2]],
      ],
      { mean: "images" },
    ).result();
    expect(result.rmse).toBe(2);
  });

  test("a kind whose metrics are of the whole set keeps them", () => {
    const whole = {
      ...classes,
      kind: { ...classes.kind, metrics: { ...classes.kind.metrics, wholeSet: true } },
    };
    expect(measure(whole, images, { mean: "images" }).result()).toEqual(measure(classes, images).result());
  });
});

describe("classes in groups", () => {
  const groups = { classes: ["ab"], of: [0, 0, -1] };

  test("count as one another; labels in no group are left out, predictions of those are wrong", () => {
    // Labels a, b, c, a; predictions b, a, a, c: two hits, one miss, and no false alarm as c is left out.
    const accumulator = measure(
      classes,
      [
        [
          [1, 0, 0, 2],
          [0, 1, 2, 0],
        ],
      ],
      { classes: groups },
    );
    expect(accumulator.result()).toEqual({ mIoU: (100 * 2) / 3, pixelAccuracy: (100 * 2) / 3 });
    expect(accumulator.perClass!()).toEqual({ classes: ["ab"], iou: [(100 * 2) / 3], confusion: [[2, 1]] });
  });

  test("by themselves: intersection over union and the confusion of each", () => {
    const { iou, confusion } = measure(classes, [
      [
        [0, 0, 1],
        [0, 1, 1],
      ],
    ]).perClass!();
    expect(iou).toEqual([50, 50, Number.NaN]);
    expect(confusion).toEqual([
      [1, 0, 0],
      [1, 1, 0],
      [0, 0, 0],
    ]);
  });
});
