import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evenInclinations, rangePoints } from "../../../src/data/sweeps/range-image.js";
import { composed, inverted } from "../../../src/geometry/rigid.js";
import { measured, motionOf, moved, type SixNumbers } from "../../helpers/range-image.js";

const still = motionOf([0, 0, 0, 0, 0, 0]);

/** An image of nothing but one pixel. */
function imageOf(rows: number, columns: number, pixel: number, range: number, intensity = 0) {
  const data = new Float64Array(4 * rows * columns).fill(-1);
  data.set([range, intensity, 0, -1], 4 * pixel);
  return { rows, columns, data };
}

describe("points of a range image", () => {
  it("lie where the beams met something, by hand", () => {
    // Four columns look 135, 45, -45 and -135 degrees to the left; two beams up and down by 45 degrees.
    const data = Float32Array.of(
      ...[0, 1, 0, -1, 2, 0.5, 0, -1, Number.NaN, 0, 0, -1, -1, 0, 0, -1],
      ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1e9, 0, 1],
    );
    const inclinations = [Math.PI / 4, -Math.PI / 4];
    const points = rangePoints({ rows: 2, columns: 4, data }, { inclinations, toVehicle: still });
    const half = Math.SQRT2;
    [1, 1, half, Math.tanh(0.5), -1, -1, -half, 1].forEach((value, i) => {
      expect(points[i]).toBeCloseTo(value, 6);
    });
    expect(points).toHaveLength(8);
  });

  it("are the vehicle's: columns count from behind it, however the laser is turned", () => {
    const toVehicle = motionOf([0, 0, Math.PI / 2, 1, 2, 3]);
    const points = rangePoints(imageOf(1, 4, 1, Math.SQRT2), { inclinations: [0], toVehicle });
    [2, 3, 3, 0].forEach((value, i) => {
      expect(points[i]).toBeCloseTo(value, 6);
    });
  });

  it("of beams that are not listed lie in the middles of equal parts, the highest first", () => {
    expect(evenInclinations(-1, 1, 4)).toEqual([0.75, 0.25, -0.25, -0.75]);
  });

  const angle = fc.double({ min: -0.3, max: 0.3, noNaN: true });
  const place = fc.double({ min: -3, max: 3, noNaN: true });
  const mount = fc.tuple(angle, angle, fc.double({ min: -3.1, max: 3.1, noNaN: true }), place, place, place);
  const sixNumbers = (six: number[]) => six as unknown as SixNumbers;

  it("are what an independent formula says that the laser would measure", () => {
    const point = fc.tuple(
      ...([40, 40, 5] as const).map((most) => fc.double({ min: -most, max: most, noNaN: true })),
    );
    fc.assert(
      fc.property(mount, point, (six, at) => {
        const toVehicle = motionOf(sixNumbers(six));
        const columns = 2650;
        const { range, inclination, column } = measured(at as never, toVehicle, columns);
        fc.pre(range > 1 && Math.abs(inclination) < 1.4);
        const pixel = Math.min(columns - 1, Math.max(0, Math.round(column)));
        const laser = { inclinations: [inclination], toVehicle };
        const found = rangePoints(imageOf(1, columns, pixel, range), laser);
        // Half a column beside it at most.
        const tolerance = (range * Math.PI) / columns + 1e-4;
        expect(Math.hypot(...at.map((value, i) => value - found[i]))).toBeLessThanOrEqual(tolerance);
      }),
      { numRuns: 50 },
    );
  });

  it("lie still where the vehicle moves meanwhile, far from the scene's origin", () => {
    const drive = fc.tuple(angle, angle, fc.double({ min: -3, max: 3, noNaN: true }), place, place, place);
    fc.assert(
      fc.property(mount, drive, fc.nat(15), (six, then, pixel) => {
        const far = [-25211.25, 42391.0625, -160.5] as const;
        const vehicle = motionOf([0.01, -0.02, 0.7, ...far]);
        const pose = [then[0], then[1], then[2], far[0] + then[3], far[1] + then[4], far[2] + then[5]];
        const toVehicle = motionOf(sixNumbers(six));
        const inclinations = [0.2];
        const image = imageOf(1, 16, pixel, 30);
        const [x, y, z] = rangePoints(image, { inclinations, toVehicle });
        const poses = {
          rows: 1,
          columns: 16,
          vehicle,
          data: Array.from({ length: 96 }, (_, i) => pose[i % 6]),
        };
        const found = rangePoints(image, { inclinations, toVehicle }, poses);
        const expected = moved(composed(inverted(vehicle), motionOf(sixNumbers(pose))), [x, y, z]);
        expect(Math.hypot(...expected.map((value, i) => value - found[i]))).toBeLessThan(1e-4);
      }),
    );
  });
});
