import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composed, inverted, type RigidMotion, rotationOfAngles } from "../../src/geometry/rigid.js";
import { identity3, type Vec3 } from "../../src/geometry/rotation.js";
import { motionLabel } from "../../src/tasks/motion-maps.js";
import { motionAccumulator } from "../../src/tasks/motion-metrics.js";
import {
  alignedError,
  bestScale,
  posesOfMotions,
  type Step,
  snippetErrors,
  stepErrors,
} from "../../src/tasks/trajectory.js";

const still: RigidMotion = { rotation: identity3, translation: [0, 0, 0] };
/** Points come nearer by that much: the camera goes forward. */
const ahead = (metres: number): RigidMotion => ({ rotation: identity3, translation: [0, 0, -metres] });
const aside = (metres: number): RigidMotion => ({ rotation: identity3, translation: [-metres, 0, 0] });
const stepsOf = (predicted: readonly RigidMotion[], truth: readonly RigidMotion[]): Step[] =>
  predicted.map((each, i) => ({ predicted: each, truth: truth[i] }));

const value = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
const vector = (limit: number): fc.Arbitrary<Vec3> => fc.tuple(value(limit), value(limit), value(limit));
const motions = fc.array(
  fc.tuple(vector(0.3), vector(2)).map(
    ([angles, translation]): RigidMotion => ({
      rotation: rotationOfAngles(angles),
      translation,
    }),
  ),
  { minLength: 4, maxLength: 9 },
);
const scaled = (factor: number, { rotation, translation: [x, y, z] }: RigidMotion): RigidMotion => ({
  rotation,
  translation: [factor * x, factor * y, factor * z],
});

describe("a course of motions", () => {
  it("puts cameras where the first one sees them", () => {
    const quarter = { rotation: rotationOfAngles([0, Math.PI / 2, 0]), translation: [0, 0, -1] as Vec3 };
    const [first, second, third] = posesOfMotions([quarter, quarter]);
    expect(first).toEqual(still);
    // p' = R p + T, so that the second camera's centre, p' = 0, is at -Rᵀ T.
    expect(second.translation.map((each) => Math.round(each * 1e6) / 1e6)).toEqual([-1, 0, 0]);
    expect(third.translation[0]).toBeCloseTo(-1, 9);
    expect(third.translation[2]).toBeCloseTo(-1, 9);
  });

  it("that is the true one but for its scale has no error", () => {
    fc.assert(
      fc.property(motions, fc.double({ min: 0.2, max: 5, noNaN: true }), (truth, factor) => {
        const steps = stepsOf(
          truth.map((each) => scaled(factor, each)),
          truth,
        );
        expect(alignedError(steps)).toBeLessThan(1e-6);
        for (const error of snippetErrors(steps)) expect(error).toBeLessThan(1e-6);
        for (const { translation, rotation } of stepErrors(steps)) {
          expect(translation).toBeLessThan(1e-6);
          expect(rotation).toBeLessThan(1e-6);
        }
      }),
    );
  });

  it("has the same whole error wherever its world stands, and the better one by alignment", () => {
    fc.assert(
      fc.property(motions, motions, (predicted, truth) => {
        const n = Math.min(predicted.length, truth.length);
        const [p, t] = [predicted.slice(0, n), truth.slice(0, n)];
        const error = alignedError(stepsOf(p, t));
        // Every camera turned alike in its own place: the course is turned as a whole.
        const turn = { rotation: rotationOfAngles([0.4, -0.2, 0.9]), translation: [0, 0, 0] as Vec3 };
        const turned = p.map((each) => composed(turn, composed(each, inverted(turn))));
        expect(alignedError(stepsOf(turned, t))).toBeCloseTo(error, 6);
        if (n === 4) expect(error).toBeLessThanOrEqual(snippetErrors(stepsOf(p, t))[0] + 1e-9);
      }),
    );
  });
});

describe("known answers", () => {
  it("a snippet that stands still is off by how far the camera went", () => {
    const truth = [ahead(1), ahead(1), ahead(1), ahead(1)];
    const [error] = snippetErrors(
      stepsOf(
        truth.map(() => still),
        truth,
      ),
    );
    expect(error).toBeCloseTo(Math.sqrt((0 + 1 + 4 + 9 + 16) / 5), 9);
  });

  it("a snippet that goes backwards or aside is no better than one that stands still", () => {
    const truth = [ahead(1), ahead(1), ahead(1), ahead(1)];
    const [stands] = snippetErrors(
      stepsOf(
        truth.map(() => still),
        truth,
      ),
    );
    for (const wrong of [ahead(-1), aside(3)]) {
      expect(
        snippetErrors(
          stepsOf(
            truth.map(() => wrong),
            truth,
          ),
        )[0],
      ).toBeCloseTo(stands, 9);
    }
    // A similarity may turn it round: straight courses fit one another.
    expect(
      alignedError(
        stepsOf(
          truth.map(() => aside(3)),
          truth,
        ),
      ),
    ).toBeCloseTo(0, 9);
  });

  it("a step aside in a straight course", () => {
    const truth = [ahead(1), ahead(1)];
    const predicted = [ahead(1), aside(1)];
    // Scale (1 + 0) / 2: half a metre is left of the first step, and √(1 + 1/4) of the second.
    expect(stepErrors(stepsOf(predicted, truth)).map(({ translation }) => translation)).toEqual([
      0.5,
      Math.sqrt(1.25),
    ]);
    const turned = [{ ...ahead(1), rotation: rotationOfAngles([0, 0.1, 0]) }, ahead(1)];
    expect(stepErrors(stepsOf(turned, truth))[0].rotation).toBeCloseTo(0.1, 12);
  });

  it("snippets of 5 positions are every one that a course has, or the whole of a shorter one", () => {
    const of = (n: number) =>
      snippetErrors(stepsOf(new Array(n).fill(ahead(1)), new Array(n).fill(ahead(2))));
    expect(of(6)).toEqual([0, 0, 0]);
    expect(of(2)).toEqual([0]);
  });

  it("a scale is never negative, and 1 where nothing moves", () => {
    expect(bestScale([[1, 0, 0]], [[-2, 0, 0]])).toBe(0);
    expect(bestScale([[0, 0, 0]], [[1, 0, 0]])).toBe(1);
    expect(
      bestScale(
        [
          [1, 0, 0],
          [0, 1, 0],
        ],
        [
          [2, 0, 0],
          [0, 4, 0],
        ],
      ),
    ).toBe(3);
  });
});

describe("the metrics of motion", () => {
  const size = { height: 2, width: 3 };
  const at = (z: number) => ({ rotation: identity3, position: [0, 0, z] as Vec3 });
  const measure = (
    steps: readonly (readonly [predicted: number, truth: number, sequence: number, frame: number])[],
  ) => {
    const accumulator = motionAccumulator();
    for (const [predicted, truth, index, frame] of steps) {
      const [prediction, label] = [
        motionLabel(at(0), at(predicted), size),
        motionLabel(at(0), at(truth), size),
      ];
      accumulator.update(prediction, label, { id: `${index}-${frame}`, ...size, sequence: { index, frame } });
    }
    return accumulator.result();
  };

  it("follow each sequence, and do not reach over a gap or a cut", () => {
    // Two sequences, the first with a gap: three courses of one step each but for scale.
    const result = measure([
      [1, 2, 0, 0],
      [3, 2, 0, 2],
      [1, 2, 1, 3],
    ]);
    expect(result.ate).toBeCloseTo(0, 6);
    expect(result.rpeTrans).toBeCloseTo(0, 6);
    expect(result.tErr).toBeCloseTo(1, 6);
    // As one course they have one scale.
    const together = measure([
      [1, 2, 0, 0],
      [3, 2, 0, 1],
      [1, 2, 0, 2],
    ]);
    const scale = (2 + 6 + 2) / 11;
    const squares = [scale - 2, 3 * scale - 2, scale - 2].map((each) => each * each);
    expect(together.rpeTrans).toBeCloseTo(Math.sqrt(squares.reduce((a, b) => a + b) / 3), 6);
    expect(together.ate).toBeGreaterThan(0.1);
    expect(together.rpeRot).toBe(0);
  });
});
