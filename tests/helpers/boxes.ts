/** @file Random upright boxes. */
import fc from "fast-check";
import type { UprightBox } from "../../src/geometry/boxes/box.js";
import type { Vec3 } from "../../src/geometry/rotation.js";

const within = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** Boxes of road users' sizes within `reach` metres of the origin. */
export function anyBox(reach: number): fc.Arbitrary<UprightBox> {
  return fc.record({
    centre: fc.tuple(within(-reach, reach), within(-reach, reach), within(-1, 1)) as fc.Arbitrary<Vec3>,
    size: fc.tuple(within(0.3, 6), within(0.3, 3), within(0.3, 3)) as fc.Arbitrary<Vec3>,
    yaw: within(-7, 7),
  });
}

/** A box that stands in the plane z = 0 with height 2: length, width, place and degrees. */
export function flatBox(length: number, width: number, x = 0, y = 0, degrees = 0): UprightBox {
  return { centre: [x, y, 0], size: [length, width, 2], yaw: (degrees * Math.PI) / 180 };
}
