/**
 * @file What every task has to fulfil. A task's test file hands in an example of itself and gets the whole
 * suite.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../src/common/errors.js";
import { Random } from "../../src/common/random.js";
import {
  constant,
  gradients,
  gradientsOrNull,
  input,
  mul,
  reduceSum,
  type Tensor,
} from "../../src/graph/index.js";
import type { Engine } from "../../src/runtime/engine.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import type { LabelMap, PredictionMap, TaskKind, TaskSpec } from "../../src/tasks/index.js";
import { taskKind } from "../../src/tasks/index.js";
import { imageOf } from "../helpers/measured.js";

export interface TaskExample<S extends TaskSpec> {
  readonly kind: TaskKind<S>;
  /** As a user writes it: only what has no default. */
  readonly entry: unknown;
  /** The value of one valid pixel, by label channel. */
  pixel(random: Random): readonly number[];
  /** The prediction that hits a label exactly. */
  perfect(label: LabelMap, spec: S): PredictionMap;
  /** Largest difference that a file's precision may make. */
  readonly precision: number;
}

const [N, H, W] = [3, 4, 6];

/** A label of random pixels, each valid with the given probability (at least one is). */
export function randomLabel<S extends TaskSpec>(
  example: TaskExample<S>,
  random: Random,
  probability = 0.7,
  height = H,
  width = W,
): LabelMap {
  const size = height * width;
  const channels = example.kind.files.labelChannels(example.kind.specSchema.parse(example.entry));
  const label = {
    channels,
    height,
    width,
    data: new Float32Array(channels * size),
    valid: new Uint8Array(size),
  };
  for (let i = 0; i < size; i++) {
    if (i > 0 && random.uniform() >= probability) continue;
    label.valid[i] = 1;
    example.pixel(random).forEach((value, channel) => {
      label.data[channel * size + i] = value;
    });
  }
  return label;
}

export function randomPrediction(channels: number, random: Random, height = H, width = W): PredictionMap {
  const data = Float32Array.from({ length: channels * height * width }, () => random.normal() + 2);
  return { channels, height, width, data };
}

function mirror(label: LabelMap): LabelMap {
  const column = (i: number) => i - (i % label.width) + (label.width - 1 - (i % label.width));
  return {
    ...label,
    data: label.data.map((_, i) => label.data[column(i)]),
    valid: label.valid.map((_, i) => label.valid[column(i)]),
  };
}

function expectSameLabel(got: LabelMap, expected: LabelMap, precision: number): void {
  expect([got.channels, got.height, got.width]).toEqual([expected.channels, expected.height, expected.width]);
  expect([...got.valid]).toEqual([...expected.valid]);
  const size = got.valid.length;
  got.data.forEach((value, i) => {
    expect(Number.isFinite(value)).toBe(true);
    if (got.valid[i % size] === 1) expect(Math.abs(value - expected.data[i])).toBeLessThanOrEqual(precision);
  });
}

/** Runs the suite. */
export function taskConformance<S extends TaskSpec>(example: TaskExample<S>): void {
  const { kind } = example;
  const spec = kind.specSchema.parse(example.entry);
  const channels = kind.learning.channels(spec);
  const seeds = fc.integer({ min: 0, max: 2 ** 31 });

  describe(`${kind.kind}: registry and spec`, () => {
    test("is registered under its own name", () => {
      expect(taskKind(kind.kind)).toBe(kind);
    });

    test("a resolved spec resolves to itself; unknown fields are refused", () => {
      expect(kind.specSchema.parse(spec)).toEqual(spec);
      expect(kind.specSchema.safeParse({ ...(example.entry as object), scael: 1 }).success).toBe(false);
    });
  });

  describe(`${kind.kind}: labels`, () => {
    test("decode after encode gives the label back", () => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const label = randomLabel(example, new Random(seed, "label"));
          const raster = kind.files.encode(label, spec);
          expect([raster.height, raster.width]).toEqual([H, W]);
          expect(raster.data.length).toBe(H * W * raster.channels);
          const decoded = kind.files.decode(raster, spec, "label.png");
          expectSameLabel(decoded, label, example.precision);
          const again = kind.files.encode(decoded, spec);
          // Bringing a rounded vector to unit length may move it by one step.
          const step = example.precision === 0 ? 0 : 1;
          raster.data.forEach((value, i) => {
            // Files of floats mark invalid pixels by NaN.
            if (Number.isNaN(value)) expect(again.data[i]).toBeNaN();
            else expect(Math.abs(again.data[i] - value)).toBeLessThanOrEqual(step);
          });
        }),
        { numRuns: 50 },
      );
    });

    test("a file with too many channels is refused by name", () => {
      const raster = { width: 2, height: 1, channels: 7, data: new Uint8Array(14) };
      expect(() => kind.files.decode(raster, spec, "some/label.png")).toThrow(UserError);
      expect(() => kind.files.decode(raster, spec, "some/label.png")).toThrow(/^some\/label\.png: .*got 7/);
    });

    test("mirrored twice is the identity and leaves its argument alone", () => {
      const label = randomLabel(example, new Random(1, "mirror"));
      const before = structuredClone(label);
      const once = kind.files.mirrored(mirror(label));
      expectSameLabel(kind.files.mirrored(mirror(once)), label, 0);
      expect(label).toEqual(before);
    });

    test("scaled there and back is the identity, by 1 nothing changes", () => {
      const label = randomLabel(example, new Random(2, "scale"));
      const before = structuredClone(label);
      expectSameLabel(kind.files.scaled(label, 1), label, 1e-6);
      expectSameLabel(kind.files.scaled(kind.files.scaled(label, 1.5), 1 / 1.5), label, 1e-5);
      expect(label).toEqual(before);
    });
  });

  describe(`${kind.kind}: loss`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await nodeEngine({ provider: "cpu", threads: 1 });
    });

    const random = new Random(3, "loss");
    const size = H * W;
    const labels = [
      randomLabel(example, random, 1),
      randomLabel(example, random, 0.5),
      randomLabel(example, random),
    ];
    const validData = Float32Array.from(
      labels.flatMap((label, n) => [...label.valid].map((v) => (n === 2 ? 0 : v))),
    );
    const feeds = {
      output: Float32Array.from({ length: N * channels * size }, () => random.normal()),
      label: Float32Array.from(labels.flatMap((label) => [...label.data])),
      valid: validData,
    };
    const output = input("output", [N, channels, H, W]);
    const label = input("label", [N, kind.files.labelChannels(spec), H, W]);
    const valid = input("valid", [N, 1, H, W]);
    const prediction = kind.learning.activate(output, spec);
    const loss = kind.learning.loss(prediction, label, valid, spec);
    const at = (sample: number) =>
      reduceSum(
        mul(
          loss,
          constant(
            [0, 1, 2].map((n) => Number(n === sample)),
            [N],
          ),
        ),
      );

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
        const pixel = Math.floor(i / (channels * size)) * size + (i % size);
        if (validData[pixel] === 0) expect(value).toBeCloseTo(0, 12);
        else if (value !== 0) moved++;
      });
      expect(moved).toBeGreaterThan(0);
    });

    test("values under invalid pixels never matter", async () => {
      const stained = { ...feeds, label: feeds.label.slice(), output: feeds.output.slice() };
      validData.forEach((v, pixel) => {
        if (v === 1) return;
        const [n, i] = [Math.floor(pixel / size), pixel % size];
        const perLabel = label.shape[1];
        for (let c = 0; c < perLabel; c++) stained.label[(n * perLabel + c) * size + i] = 1;
        for (let c = 0; c < channels; c++) stained.output[(n * channels + c) * size + i] += 3;
      });
      const clean = await evaluate(engine, { loss }, feeds);
      const dirty = await evaluate(engine, { loss }, stained);
      expect([0, 1, 2].every((n) => dirty.loss[n] === clean.loss[n])).toBe(true);
    });

    test("a sample's loss does not depend on the other samples", async () => {
      const [gradient] = gradients(at(0), [output]);
      const got = await evaluate(engine, { gradient }, feeds);
      expect(got.gradient.slice(channels * size).every((value) => value === 0)).toBe(true);
    });

    test("is finite with finite gradients at an output of zeros", async () => {
      const [gradient] = gradients(reduceSum(loss), [output]);
      const got = await evaluate(engine, { loss, gradient }, { ...feeds, output: feeds.output.map(() => 0) });
      for (const values of Object.values(got)) expect(values.every(Number.isFinite)).toBe(true);
    });

    test("a prediction is moved as its label is", async () => {
      const motion = { side: input("side", [1, 1, 1, 1]), enlargement: input("enlargement", [1, 1, 1, 1]) };
      const still = input("still", [1, channels, H, W]);
      const moved = kind.learning.moved(still, motion);
      const [gradient] = gradients(reduceSum(moved), [still]);
      for (const [side, enlargement] of [
        [1, 1],
        [-1, 1],
        [1, 1.5],
        [-1, 1.2],
      ]) {
        const truth = randomLabel(example, new Random(9, "moved"), 1);
        const { data } = example.perfect(truth, spec);
        const scalars = { side: Float32Array.of(side), enlargement: Float32Array.of(enlargement) };
        const got = await evaluate(engine, { moved, gradient }, { still: data, ...scalars });
        expect(got.gradient.every(Number.isFinite)).toBe(true);
        const expected = kind.files.scaled(side < 0 ? kind.files.mirrored(truth) : truth, enlargement);
        const accumulator = kind.metrics.accumulator(spec);
        const predicted = { channels, height: H, width: W, data: got.moved };
        accumulator.update(predicted, expected, imageOf(expected));
        const result = accumulator.result();
        for (const { name, better } of kind.metrics.infos) {
          expect(result[name]).toBeCloseTo(better === "lower" ? 0 : 100, 2);
        }
      }
    });

    test("a prediction as a label: the label's form, detached, sound at every valid pixel", async () => {
      const pseudo = kind.learning.pseudoLabel(prediction, spec, 0);
      expect(pseudo.label.shape).toEqual([N, kind.files.labelChannels(spec), H, W]);
      expect(pseudo.valid.shape).toEqual([N, 1, H, W]);
      expect(gradientsOrNull([{ output: reduceSum(pseudo.label) }], [output])).toEqual([null]);
      const against = kind.learning.loss(prediction, pseudo.label, pseudo.valid, spec);
      const [gradient] = gradients(reduceSum(against), [output]);
      const other = kind.learning.loss(
        kind.learning.activate(mul(output, -1), spec),
        pseudo.label,
        pseudo.valid,
        spec,
      );
      const got = await evaluate(engine, { ...pseudo, against, other, gradient }, feeds);
      for (const values of Object.values(got)) expect(values.every(Number.isFinite)).toBe(true);
      expect(got.valid.every((value) => value === 0 || value === 1)).toBe(true);
      expect(got.valid.includes(1)).toBe(true);
      // A prediction agrees with the label made of it better than its opposite does.
      for (let n = 0; n < N; n++) expect(got.against[n]).toBeLessThan(got.other[n]);
    });

    test("joint encodings have the prediction's channels and finite values", async () => {
      const { joint, releasedJoint } = kind;
      const encodings: Record<string, Tensor> = {
        stackedPrediction: joint.encodePrediction(prediction, spec),
        stackedLabel: joint.encodeLabel(label, valid, spec),
      };
      if (joint.bounded !== undefined) encodings.bounded = joint.bounded(mul(prediction, 100), spec);
      if (releasedJoint !== undefined) {
        const noise = input("noise", [N, Math.max(releasedJoint.noiseChannels(spec), 1), H, W]);
        const draw = { mask: valid, noise };
        encodings.releasedPrediction = releasedJoint.encodePrediction(prediction, spec, draw);
        encodings.releasedLabel = releasedJoint.encodeLabel(label, valid, spec);
        encodings.predictionTarget = releasedJoint.predictionTarget(
          prediction,
          encodings.releasedPrediction,
          spec,
          draw,
        );
        encodings.labelTarget = releasedJoint.labelTarget(label, valid, spec);
        encodings.substituteTarget = releasedJoint.substituteTarget(prediction, spec, draw);
      }
      for (const encoding of Object.values(encodings)) expect(encoding.shape).toEqual([N, channels, H, W]);
      const noiseFeed = Float32Array.from({ length: N * channels * size }, () => random.normal());
      const got = await evaluate(engine, encodings, { ...feeds, noise: noiseFeed });
      for (const values of Object.values(got)) expect(values.every(Number.isFinite)).toBe(true);
      expect((got.bounded ?? []).every((value) => value >= 0 && value <= 1)).toBe(true);
    });

    test("reconstruction losses: one a sample, finite, 0 by the paper's for an empty mask", async () => {
      const target = kind.joint.encodeLabel(label, valid, spec);
      const paper = kind.joint.reconstructionLoss(output, target, valid, spec);
      const outputs: Record<string, Tensor> = { paper, paperGradient: gradients(paper, [output])[0] };
      const { releasedJoint } = kind;
      if (releasedJoint !== undefined) {
        const releasedTarget = releasedJoint.labelTarget(label, valid, spec);
        outputs.released = releasedJoint.reconstructionLoss(output, releasedTarget, valid, spec);
        outputs.releasedGradient = gradients(outputs.released, [output])[0];
        expect(outputs.released.shape).toEqual([N]);
      }
      expect(paper.shape).toEqual([N]);
      const got = await evaluate(engine, outputs, feeds);
      expect(Math.abs(got.paper[2])).toBe(0);
      for (const values of Object.values(got)) expect(values.every(Number.isFinite)).toBe(true);
    });
  });

  describe(`${kind.kind}: metrics`, () => {
    const resultOf = (pairs: readonly (readonly [PredictionMap, LabelMap])[]) => {
      const accumulator = kind.metrics.accumulator(spec);
      pairs.forEach(([prediction, label], i) => {
        accumulator.update(prediction, label, imageOf(label, String(i)));
      });
      return accumulator.result();
    };
    const pairsOf = (seed: number) =>
      [0, 1, 2].map((i) => {
        const random = new Random(seed, "metrics", i);
        return [randomPrediction(channels, random), randomLabel(example, random)] as const;
      });

    test("are those announced, the primary one among them", () => {
      const names = kind.metrics.infos.map(({ name }) => name);
      expect(Object.keys(resultOf(pairsOf(0)))).toEqual(names);
      expect(names).toContain(kind.metrics.primary);
    });

    test("are NaN without a valid pixel", () => {
      const label = { ...randomLabel(example, new Random(4)), valid: new Uint8Array(H * W) };
      for (const pairs of [[], [[randomPrediction(channels, new Random(5)), label] as const]]) {
        for (const value of Object.values(resultOf(pairs))) expect(value).toBeNaN();
      }
    });

    test("a perfect prediction has the best value of each", () => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const label = randomLabel(example, new Random(seed, "perfect"));
          const result = resultOf([[example.perfect(label, spec), label]]);
          for (const { name, better } of kind.metrics.infos) {
            expect(result[name]).toBeCloseTo(better === "lower" ? 0 : 100, 4);
          }
        }),
        { numRuns: 25 },
      );
    });

    test("do not depend on the order of images, and one may ask in between", () => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const pairs = pairsOf(seed);
          const forwards = resultOf(pairs);
          const accumulator = kind.metrics.accumulator(spec);
          [...pairs].reverse().forEach(([prediction, label], i) => {
            accumulator.update(prediction, label, imageOf(label, String(pairs.length - 1 - i)));
            accumulator.result();
          });
          const backwards = accumulator.result();
          for (const { name } of kind.metrics.infos) expect(backwards[name]).toBeCloseTo(forwards[name], 9);
        }),
        { numRuns: 25 },
      );
    });

    test("do not see what stands at invalid pixels", () => {
      const pairs = pairsOf(6);
      const stained = pairs.map(([prediction, label]) => {
        const stain = (value: number, i: number) => (label.valid[i % (H * W)] === 1 ? value : value + 1);
        return [
          { ...prediction, data: prediction.data.map(stain) },
          { ...label, data: label.data.map(stain) },
        ] as const;
      });
      expect(resultOf(stained)).toEqual(resultOf(pairs));
    });

    test("a prediction of another size is refused", () => {
      const [[prediction, label]] = pairsOf(7);
      expect(() =>
        kind.metrics.accumulator(spec).update({ ...prediction, width: W - 1 }, label, imageOf(label)),
      ).toThrow(RangeError);
    });
  });

  describe(`${kind.kind}: pictures`, () => {
    const label = randomLabel(example, new Random(8, "draw"), 0.5);
    const prediction = example.perfect(label, spec);

    test("have the map's size; ignored pixels are black, valid ones are not", () => {
      const picture = kind.drawing.label(label, spec);
      expect([picture.height, picture.width, picture.data.length]).toEqual([H, W, H * W * 3]);
      label.valid.forEach((v, i) => {
        const light = picture.data[3 * i] + picture.data[3 * i + 1] + picture.data[3 * i + 2];
        if (v === 1) expect(light).toBeGreaterThan(60);
        else expect(light).toBe(0);
      });
      expect(kind.drawing.prediction(prediction, spec).data.length).toBe(H * W * 3);
    });

    test("a perfect prediction over the label's range looks like the label", () => {
      const range = kind.drawing.range(label, spec);
      const drawn = kind.drawing.prediction(prediction, spec, range);
      const expected = kind.drawing.label(label, spec, range);
      label.valid.forEach((v, i) => {
        if (v === 1)
          expect(drawn.data.slice(3 * i, 3 * i + 3)).toEqual(expected.data.slice(3 * i, 3 * i + 3));
      });
    });
  });
}
