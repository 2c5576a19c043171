import { expect, test } from "vitest";
import { classEntropy } from "../../src/tasks/index.js";

test("the entropy of classes is a share of the largest one, whatever is added to the scores", () => {
  const size = { channels: 4, height: 1, width: 3 };
  // Pixels: all alike; one class certain; two alike and two out of question.
  const scores = [
    [5, 99, 40],
    [5, 0, 40],
    [5, 0, -60],
    [5, 0, -60],
  ];
  const [alike, certain, two] = classEntropy({ ...size, data: Float32Array.from(scores.flat()) });
  expect(alike).toBeCloseTo(1, 6);
  expect(certain).toBeCloseTo(0, 6);
  expect(two).toBeCloseTo(Math.log(2) / Math.log(4), 6);
});
