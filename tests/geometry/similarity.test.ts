import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rotationOfAngles } from "../../src/geometry/rigid.js";
import { apply3, multiply3, scale3, transpose3, type Vec3 } from "../../src/geometry/rotation.js";
import { alignSimilarity, type Similarity } from "../../src/geometry/similarity.js";

const value = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
const vector = (limit: number): fc.Arbitrary<Vec3> => fc.tuple(value(limit), value(limit), value(limit));
const similarity: fc.Arbitrary<Similarity> = fc
  .record({
    scale: fc.double({ min: 0.1, max: 10, noNaN: true }),
    angles: vector(1.5),
    translation: vector(20),
  })
  .map(({ scale, angles, translation }) => ({ scale, rotation: rotationOfAngles(angles), translation }));
const clouds = fc.array(vector(5), { minLength: 4, maxLength: 12 });

const moved = ({ scale, rotation, translation }: Similarity, p: Vec3): Vec3 => {
  const [x, y, z] = scale3(apply3(rotation, p), scale);
  return [x + translation[0], y + translation[1], z + translation[2]];
};
const cost = (by: Similarity, points: readonly Vec3[], targets: readonly Vec3[]) =>
  points.reduce((sum, point, i) => {
    const q = moved(by, point);
    return sum + q.reduce((total, each, axis) => total + (each - targets[i][axis]) ** 2, 0);
  }, 0);

describe("the similarity that aligns points", () => {
  it("is the one by which they were moved", () => {
    fc.assert(
      fc.property(clouds, similarity, (points, by) => {
        const targets = points.map((point) => moved(by, point));
        expect(cost(alignSimilarity(points, targets), points, targets)).toBeLessThan(1e-12 * 1e4);
      }),
    );
  });

  it("is better than any near it, and a rotation without reflection", () => {
    fc.assert(
      fc.property(clouds, clouds, vector(0.2), (points, others, nudge) => {
        const n = Math.min(points.length, others.length);
        const [from, to] = [points.slice(0, n), others.slice(0, n)];
        const best = alignSimilarity(from, to);
        const [a, b, c, d, e, f, g, h, i] = best.rotation;
        expect(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)).toBeCloseTo(1, 9);
        const product = multiply3(best.rotation, transpose3(best.rotation));
        expect(product[0] + product[4] + product[8]).toBeCloseTo(3, 9);
        const least = cost(best, from, to);
        const slack = 1e-9 * (1 + least);
        const turned = { ...best, rotation: multiply3(rotationOfAngles(nudge), best.rotation) };
        // Turned about the targets' mean, so that only the rotation is worse.
        const mean = (all: readonly Vec3[]) =>
          [0, 1, 2].map((axis) => all.reduce((sum, p) => sum + p[axis], 0) / n) as unknown as Vec3;
        const centre = scale3(apply3(turned.rotation, mean(from)), best.scale);
        const about = mean(to).map((each, axis) => each - centre[axis]) as unknown as Vec3;
        expect(cost({ ...turned, translation: about }, from, to)).toBeGreaterThanOrEqual(least - slack);
        expect(cost({ ...best, scale: best.scale * 1.01 }, from, to)).toBeGreaterThanOrEqual(least - slack);
      }),
    );
  });

  it("of points at one place only moves them; of none it is refused", () => {
    const here: Vec3[] = [
      [1, 2, 3],
      [1, 2, 3],
    ];
    const targets: Vec3[] = [
      [0, 0, 1],
      [0, 0, 3],
    ];
    const { scale, rotation, translation } = alignSimilarity(here, targets);
    expect(scale).toBe(1);
    expect(moved({ scale, rotation, translation }, here[0])).toEqual([0, 0, 2]);
    expect(() => alignSimilarity([], [])).toThrow(RangeError);
    expect(() => alignSimilarity(here, [])).toThrow(RangeError);
  });
});
