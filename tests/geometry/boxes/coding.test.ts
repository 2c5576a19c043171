import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boxContains, type UprightBox, wrapAngle } from "../../../src/geometry/boxes/box.js";
import { decodeBox, directionOf, encodeBox, withDirection } from "../../../src/geometry/boxes/coding.js";
import { anyBox, flatBox } from "../../helpers/boxes.js";

describe("angles", () => {
  it.each([
    [0, 0],
    [Math.PI, -Math.PI],
    [-Math.PI, -Math.PI],
    [4, 4 - 2 * Math.PI],
    [-50, -50 + 16 * Math.PI],
  ])("%d wraps to %d", (angle, wrapped) => {
    expect(wrapAngle(angle)).toBeCloseTo(wrapped, 12);
  });

  it("stay the same direction within a half turn to either side", () => {
    fc.assert(
      fc.property(fc.double({ min: -100, max: 100, noNaN: true }), (angle) => {
        const wrapped = wrapAngle(angle);
        expect(wrapped).toBeGreaterThanOrEqual(-Math.PI);
        expect(wrapped).toBeLessThan(Math.PI);
        expect(Math.cos(wrapped - angle)).toBeCloseTo(1, 12);
      }),
    );
  });
});

describe("a box", () => {
  it("holds the points between its faces, turned as it is", () => {
    const box: UprightBox = { centre: [10, 5, 1], size: [4, 2, 1.5], yaw: Math.PI / 2 };
    expect(boxContains(box, [10.9, 6.9, 1.7])).toBe(true);
    expect(boxContains(box, [11.1, 5, 1])).toBe(false);
    expect(boxContains(box, [10, 7.1, 1])).toBe(false);
    expect(boxContains(box, [10, 5, 1.8])).toBe(false);
  });
});

describe("coding of boxes", () => {
  it("has the values of PointPillars' equations", () => {
    const anchor: UprightBox = { centre: [10.08, -3.04, -1], size: [3.9, 1.6, 1.56], yaw: 0 };
    const box: UprightBox = { centre: [10.4, -3.3, -0.9], size: [4.2, 1.7, 1.5], yaw: 0.1 };
    const expected = [0.0759113, -0.0616779, 0.0641026, 0.074108, 0.0606246, -0.0392207, 0.1];
    encodeBox(box, anchor).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 7);
    });
  });

  it("is undone by decoding", () => {
    fc.assert(
      fc.property(anyBox(70), anyBox(70), (box, anchor) => {
        const back = decodeBox(encodeBox(box, anchor), anchor);
        back.centre.forEach((value, i) => {
          expect(value).toBeCloseTo(box.centre[i], 9);
        });
        back.size.forEach((value, i) => {
          expect(value).toBeCloseTo(box.size[i], 9);
        });
        expect(Math.cos(back.yaw - box.yaw)).toBeCloseTo(1, 12);
      }),
    );
  });

  it("refuses boxes without size", () => {
    expect(() => encodeBox(flatBox(0, 2), flatBox(4, 2))).toThrow(RangeError);
    expect(() => encodeBox(flatBox(4, 2), flatBox(4, Number.NaN))).toThrow(RangeError);
  });
});

describe("directions", () => {
  it.each([
    [0, 1],
    [46, 0],
    [180, 0],
    [-136, 0],
    [-134, 1],
    [44, 1],
    [404, 1],
  ])("of %d degrees is %d", (degrees, direction) => {
    expect(directionOf((degrees * Math.PI) / 180)).toBe(direction);
  });

  it("bring back a yaw that is known but for half a turn", () => {
    fc.assert(
      fc.property(fc.double({ min: -10, max: 10, noNaN: true }), fc.boolean(), (yaw, turned) => {
        const known = withDirection(yaw + (turned ? Math.PI : 0), directionOf(yaw));
        // At the very border rounding may choose the other side.
        if (Math.abs(Math.cos(yaw + Math.PI / 4)) > 1e-9) expect(Math.cos(known - yaw)).toBeCloseTo(1, 9);
      }),
    );
  });
});
