/** @file How every kind of task, and one that no table has, enters joint and pair-wise spaces. */
import { beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../src/common/errors.js";
import { Random } from "../../src/common/random.js";
import { gradients, input, mul, reduceSum, type Tensor } from "../../src/graph/index.js";
import { jointEncoding } from "../../src/methods/jtr/joint-encoding.js";
import { jtrPublished, publishedEncoding } from "../../src/methods/jtr/published-encoding.js";
import { mtpslPublished } from "../../src/methods/mtpsl/published-encoding.js";
import type { Engine } from "../../src/runtime/engine.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { normals, type Task, taskKinds } from "../../src/tasks/index.js";
import { H, taskUnderTest, W } from "../helpers/task-conformance/example.js";
import { N, taskBatch } from "../helpers/task-conformance/learning.js";
import { taskExamples } from "../tasks/examples.js";

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine({ provider: "cpu", threads: 1 });
});

const builtIn = taskExamples.map(({ entry, example }) =>
  taskUnderTest(entry.kind, taskKinds[entry.kind], entry, example),
);
/** Its labels have another form than its predictions: it is in no joint space. */
const apart = builtIn.filter(({ kind }) => kind.kind === "motion");
const joined = builtIn.filter((each) => !apart.includes(each));
/** A kind of three channels that no table knows. */
const flow = { ...normals, kind: "flow" };
const strange = taskUnderTest("flow", flow, { kind: "normals" }, { pixel: () => [0.6, 0, -0.8] });

const finite = (got: Readonly<Record<string, Float32Array>>) => {
  for (const values of Object.values(got)) expect(values.every(Number.isFinite)).toBe(true);
};

describe.each([...joined, strange])("$name", (underTest) => {
  const { kind, spec } = underTest;
  const task: Task = { name: "it", kind, spec };
  const { channels, feeds, output, label, valid } = taskBatch(underTest);
  const prediction = kind.learning.activate(output, spec);
  const encoding = jointEncoding(task);

  test("the paper's encodings have the prediction's channels and finite values", async () => {
    const encodings: Record<string, Tensor> = {
      encoded: encoding.encodePrediction(prediction),
      encodedLabel: encoding.encodeLabel(label, valid),
    };
    if (encoding.bounded !== undefined) encodings.bounded = encoding.bounded(mul(prediction, 100));
    for (const each of Object.values(encodings)) expect(each.shape).toEqual([N, channels, H, W]);
    const got = await evaluate(engine, encodings, feeds);
    finite(got);
    expect((got.bounded ?? []).every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  test("its reconstruction loss: one a sample, finite with its gradient, 0 for an empty mask", async () => {
    const loss = encoding.reconstructionLoss(output, encoding.encodeLabel(label, valid), valid);
    expect(loss.shape).toEqual([N]);
    const got = await evaluate(engine, { loss, gradient: gradients(reduceSum(loss), [output])[0] }, feeds);
    finite(got);
    expect(got.loss[0]).toBeGreaterThan(0);
    expect(Math.abs(got.loss[2])).toBe(0);
  });
});

describe.each(builtIn.filter(({ name }) => Object.hasOwn(jtrPublished, name)))("$name", (underTest) => {
  const { kind, spec } = underTest;
  const task: Task = { name: "it", kind, spec };
  const { channels, feeds, output, label, valid } = taskBatch(underTest);
  const prediction = kind.learning.activate(output, spec);

  test("the published codes' encodings, targets and losses: shapes, finite values", async () => {
    const of = publishedEncoding("JTR", jtrPublished, task);
    const ofPair = publishedEncoding("MTPSL", mtpslPublished, task);
    const draw = { mask: valid, noise: input("noise", [N, Math.max(of.noiseChannels, 1), H, W]) };
    const encoded = of.encodePrediction(prediction, draw);
    const encodings = {
      encoded,
      encodedLabel: of.encodeLabel(label, valid),
      predictionTarget: of.predictionTarget(prediction, encoded, draw),
      labelTarget: of.labelTarget(label, valid),
      substituteTarget: of.substituteTarget(prediction, draw),
      inPair: ofPair.encodePrediction(prediction, draw),
      labelInPair: ofPair.encodeLabel(label, valid),
    };
    for (const each of Object.values(encodings)) expect(each.shape).toEqual([N, channels, H, W]);
    const loss = of.reconstructionLoss(output, encodings.labelTarget, valid);
    expect(loss.shape).toEqual([N]);
    const random = new Random(4, "noise");
    const noise = Float32Array.from({ length: N * channels * H * W }, () => random.gumbel());
    const gradient = gradients(reduceSum(loss), [output])[0];
    finite(await evaluate(engine, { ...encodings, loss, gradient }, { ...feeds, noise }));
  });
});

test.each(apart)("$name is refused where its label would have to enter a joint space", (underTest) => {
  const { kind, spec } = underTest;
  const { label, valid } = taskBatch(underTest);
  expect(() => jointEncoding({ name: "it", kind, spec }).encodeLabel(label, valid)).toThrow(
    /labels of kind motion do not have the form of its predictions/,
  );
});

describe("kinds that no table has", () => {
  const task: Task = { name: "motion", kind: flow, spec: strange.spec };
  const { output, label, valid, feeds } = taskBatch(strange);

  test("stand as they are, and are compared by the mean error over channels and valid pixels", async () => {
    const encoding = jointEncoding(task);
    expect(encoding.bounded).toBeUndefined();
    expect(encoding.encodePrediction(output)).toBe(output);
    const encoded = encoding.encodeLabel(label, valid);
    const loss = encoding.reconstructionLoss(output, encoded, valid);
    const got = await evaluate(engine, { encoded, loss }, feeds);
    const [area, size] = [H * W, 3 * H * W];
    for (let n = 0; n < N; n++) {
      let [sum, count] = [0, 0];
      for (let i = 0; i < size; i++) {
        const held = feeds.valid[n * area + (i % area)];
        expect(got.encoded[n * size + i]).toBe(feeds.label[n * size + i] * held);
        sum += held * Math.abs(feeds.output[n * size + i] - feeds.label[n * size + i]);
        count += held;
      }
      expect(got.loss[n]).toBeCloseTo(sum / Math.max(count, 1), 5);
    }
  });

  test("are refused where labels have another form than predictions, once a label is asked for", () => {
    const files = { ...flow.files, labelChannels: () => 1 };
    const encoding = jointEncoding({ ...task, kind: { ...flow, files } });
    expect(encoding.encodePrediction(output)).toBe(output);
    const asked = () => encoding.encodeLabel(label, valid);
    expect(asked).toThrow(UserError);
    expect(asked).toThrow(/^tasks: motion: labels of kind flow .*\(expected labels of 3 channels, got 1\)/);
  });

  test("are none of the published codes' tasks", () => {
    for (const [method, table] of [
      ["JTR", jtrPublished],
      ["MTPSL", mtpslPublished],
    ] as const) {
      expect(() => publishedEncoding(method, table, task)).toThrow(
        `tasks: motion: ${method}'s released code has no tasks of kind flow ` +
          "(expected tasks of kind segmentation, depth, normals). Set `variant: paper`, or leave the task out of `tasks`.",
      );
    }
  });
});
