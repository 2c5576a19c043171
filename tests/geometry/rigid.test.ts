import fc from "fast-check";
import { expect, it } from "vitest";
import {
  anglesOfRotation,
  composed,
  inverted,
  type RigidMotion,
  rotationOfAngles,
  turnOf,
} from "../../src/geometry/rigid.js";
import { apply3, identity3, rotationX, rotationZ, type Vec3 } from "../../src/geometry/rotation.js";

const vector = (limit: number): fc.Arbitrary<Vec3> => {
  const value = fc.double({ min: -limit, max: limit, noNaN: true });
  return fc.tuple(value, value, value);
};
const motion: fc.Arbitrary<RigidMotion> = fc
  .tuple(vector(1.5), vector(10))
  .map(([angles, translation]) => ({ rotation: rotationOfAngles(angles), translation }));

const moved = ({ rotation, translation }: RigidMotion, p: Vec3) =>
  apply3(rotation, p).map((value, axis) => value + translation[axis]) as unknown as Vec3;

function expectClose(a: readonly number[], b: readonly number[]): void {
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i], 8);
}

it("composes motions, undoes them, and finds a rotation's angles again", () => {
  fc.assert(
    fc.property(motion, motion, vector(5), (first, second, p) => {
      expectClose(moved(composed(second, first), p), moved(second, moved(first, p)));
      expectClose(moved(inverted(first), moved(first, p)), p);
      expectClose(rotationOfAngles(anglesOfRotation(first.rotation)), first.rotation);
    }),
  );
  expectClose(anglesOfRotation(rotationOfAngles([0.1, -0.2, 0.3])), [0.1, -0.2, 0.3]);
});

it("tells by how much a rotation turns, however little", () => {
  expect(turnOf(identity3)).toBe(0);
  for (const angle of [1e-9, 0.3, 2, Math.PI]) {
    expect(turnOf(rotationX(-angle))).toBeCloseTo(angle, 12);
    expect(turnOf(rotationZ(angle))).toBeCloseTo(angle, 12);
  }
});
