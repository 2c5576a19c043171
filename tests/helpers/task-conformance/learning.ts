/** @file What the `learning` of every task has to fulfil. */
import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../../src/common/random.js";
import {
  constant,
  gradients,
  gradientsOrNull,
  input,
  mul,
  reduceSum,
  type Tensor,
} from "../../../src/graph/index.js";
import type { Engine } from "../../../src/runtime/engine.js";
import { nodeEngine } from "../../../src/runtime/engine.node.js";
import { evaluate } from "../../../src/runtime/evaluate.js";
import type { TaskSpec } from "../../../src/tasks/task.js";
import { imageOf } from "../measured.js";
import { bestValue, H, type TaskUnderTest, W } from "./example.js";

/** Samples of the batch: labelled everywhere, in half of it, and nowhere. */
export const N = 3;
const SIZE = H * W;

/** A batch of the task, with the same leaves for every loss. */
export function taskBatch<S extends TaskSpec>(task: TaskUnderTest<S>) {
  const { kind, spec } = task;
  const channels = kind.learning.channels(spec);
  const random = new Random(3, "loss");
  const labels = [task.label(random, 1), task.label(random, 0.5), task.label(random)];
  const feeds = {
    output: Float32Array.from({ length: N * channels * SIZE }, () => random.normal()),
    label: Float32Array.from(labels.flatMap((label) => [...label.data])),
    valid: Float32Array.from(
      labels.flatMap((label, n) => [...label.valid].map((v) => (n === N - 1 ? 0 : v))),
    ),
  };
  return {
    channels,
    feeds,
    output: input("output", [N, channels, H, W]),
    label: input("label", [N, kind.files.labelChannels(spec), H, W]),
    valid: input("valid", [N, 1, H, W]),
  };
}

/** One sample's element of [N]. */
function ofSample(loss: Tensor, sample: number): Tensor {
  const flags = Array.from({ length: N }, (_, n) => Number(n === sample));
  return reduceSum(mul(loss, constant(flags, [N])));
}

export function learningConformance<S extends TaskSpec>(task: TaskUnderTest<S>): void {
  describe("loss", () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await nodeEngine({ provider: "cpu", threads: 1 });
    });

    const { spec } = task;
    const { learning, files } = task.kind;
    const { channels, feeds, output, label, valid } = taskBatch(task);
    const prediction = learning.activate(output, spec);
    const loss = learning.loss(prediction, label, valid, spec);

    test("shapes", () => {
      expect(prediction.shape).toEqual([N, channels, H, W]);
      expect(loss.shape).toEqual([N]);
    });

    test("an empty mask gives loss 0; gradients are finite, and 0 at invalid pixels", async () => {
      const [gradient] = gradients(reduceSum(loss), [output]);
      const got = await evaluate(engine, { loss, gradient }, feeds);
      expect(got.loss[0]).toBeGreaterThan(0);
      expect(got.loss[1]).toBeGreaterThan(0);
      expect(Math.abs(got.loss[2])).toBe(0);
      let moved = 0;
      got.gradient.forEach((value, i) => {
        expect(Number.isFinite(value)).toBe(true);
        const pixel = Math.floor(i / (channels * SIZE)) * SIZE + (i % SIZE);
        if (feeds.valid[pixel] === 0) expect(value).toBeCloseTo(0, 12);
        else if (value !== 0) moved++;
      });
      expect(moved).toBeGreaterThan(0);
    });

    test("values under invalid pixels never matter", async () => {
      const stained = { ...feeds, label: feeds.label.slice(), output: feeds.output.slice() };
      feeds.valid.forEach((v, pixel) => {
        if (v === 1) return;
        const [n, i] = [Math.floor(pixel / SIZE), pixel % SIZE];
        const perLabel = label.shape[1];
        for (let c = 0; c < perLabel; c++) stained.label[(n * perLabel + c) * SIZE + i] = 1;
        for (let c = 0; c < channels; c++) stained.output[(n * channels + c) * SIZE + i] += 3;
      });
      const clean = await evaluate(engine, { loss }, feeds);
      const dirty = await evaluate(engine, { loss }, stained);
      expect([0, 1, 2].every((n) => dirty.loss[n] === clean.loss[n])).toBe(true);
    });

    test("a sample's loss does not depend on the other samples", async () => {
      const [gradient] = gradients(ofSample(loss, 0), [output]);
      const got = await evaluate(engine, { gradient }, feeds);
      expect(got.gradient.slice(channels * SIZE).every((value) => value === 0)).toBe(true);
    });

    test("is finite with finite gradients at an output of zeros", async () => {
      const [gradient] = gradients(reduceSum(loss), [output]);
      const got = await evaluate(engine, { loss, gradient }, { ...feeds, output: feeds.output.map(() => 0) });
      for (const values of Object.values(got)) expect(values.every(Number.isFinite)).toBe(true);
    });

    test("a prediction is moved as its label is", async () => {
      const motion = { side: input("side", [1, 1, 1, 1]), enlargement: input("enlargement", [1, 1, 1, 1]) };
      const still = input("still", [1, channels, H, W]);
      const moved = learning.moved(still, motion);
      const [gradient] = gradients(reduceSum(moved), [still]);
      for (const [side, enlargement] of [
        [1, 1],
        [-1, 1],
        [1, 1.5],
        [-1, 1.2],
      ]) {
        const truth = task.label(new Random(9, "moved"), 1);
        const { data } = task.perfect(truth);
        const scalars = { side: Float32Array.of(side), enlargement: Float32Array.of(enlargement) };
        const got = await evaluate(engine, { moved, gradient }, { still: data, ...scalars });
        expect(got.gradient.every(Number.isFinite)).toBe(true);
        const expected = files.scaled(side < 0 ? files.mirrored(truth) : truth, enlargement);
        const accumulator = task.kind.metrics.accumulator(spec);
        const predicted = { channels, height: H, width: W, data: got.moved };
        accumulator.update(predicted, expected, imageOf(expected));
        const result = accumulator.result();
        for (const info of task.reached) expect(result[info.name]).toBeCloseTo(bestValue(info), 2);
      }
    });

    test("a prediction as a label: the label's form, detached, sound at every valid pixel", async () => {
      const pseudo = learning.pseudoLabel(prediction, spec, 0);
      expect(pseudo.label.shape).toEqual([N, files.labelChannels(spec), H, W]);
      expect(pseudo.valid.shape).toEqual([N, 1, H, W]);
      expect(gradientsOrNull([{ output: reduceSum(pseudo.label) }], [output])).toEqual([null]);
      const against = learning.loss(prediction, pseudo.label, pseudo.valid, spec);
      const [gradient] = gradients(reduceSum(against), [output]);
      const opposite = learning.activate(mul(output, -1), spec);
      const other = learning.loss(opposite, pseudo.label, pseudo.valid, spec);
      const got = await evaluate(engine, { ...pseudo, against, other, gradient }, feeds);
      for (const values of Object.values(got)) expect(values.every(Number.isFinite)).toBe(true);
      expect(got.valid.every((value) => value === 0 || value === 1)).toBe(true);
      expect(got.valid.includes(1)).toBe(true);
      // A prediction agrees with the label made of it better than its opposite does.
      for (let n = 0; n < N; n++) expect(got.against[n]).toBeLessThan(got.other[n]);
    });
  });
}
