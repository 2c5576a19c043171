import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CameraView, edgesSeen, extentSeen } from "../../../src/geometry/boxes/camera-view.js";

/** At the sensor, looking forward: x forward, y left, z up to x right, y down, z forward. */
const view: CameraView = {
  camera: { fx: 100, fy: 100, cx: 50, cy: 40 },
  toCamera: { rotation: [0, -1, 0, 0, 0, -1, 1, 0, 0], translation: [0, 0, 0] },
  width: 101,
  height: 81,
};
const box = (x: number, y: number, yaw = 0) => ({ centre: [x, y, 0], size: [4, 2, 2], yaw }) as const;

describe("boxes in a camera's picture", () => {
  it("take up what their nearest face does where they stand straight ahead", () => {
    // The near face lies 8 m away and is 2 m wide: 25 pixels.
    const extent = extentSeen(box(10, 0), view)!;
    expect(extent).toEqual({ left: 37.5, top: 27.5, right: 62.5, bottom: 52.5 });
    // To the left of the sensor is on the left of the picture.
    expect(extentSeen(box(10, 1), view)!.left).toBeLessThan(37.5);
  });

  it("begin with the edges of the front", () => {
    const away = edgesSeen(box(10, 0), view);
    expect(away).toHaveLength(12);
    // The front of a car that heads away is its far side, 12 m off.
    const far = away.slice(0, 4).flat();
    expect(Math.max(...far.map(([x]) => x))).toBeCloseTo(50 + 100 / 12, 9);
    const near = edgesSeen(box(10, 0, Math.PI), view)
      .slice(0, 4)
      .flat();
    expect(Math.max(...near.map(([x]) => x))).toBeCloseTo(50 + 100 / 8, 9);
  });

  it("are not seen behind the camera or beside the picture, and cut off where they reach behind it", () => {
    expect(extentSeen(box(-10, 0), view)).toBeNull();
    expect(extentSeen(box(10, 30), view)).toBeNull();
    expect(edgesSeen(box(0, 0), view).length).toBeLessThan(12);
    expect(extentSeen(box(0, 0), view)).toEqual({ left: 0, top: 0, right: 100, bottom: 80 });
  });

  it("never leave the picture", () => {
    const number = fc.double({ min: -30, max: 30, noNaN: true });
    fc.assert(
      fc.property(number, number, number, (x, y, yaw) => {
        const extent = extentSeen(box(x, y, yaw), view);
        if (extent === null) return;
        expect(Math.min(extent.left, extent.top)).toBeGreaterThanOrEqual(0);
        expect(extent.right).toBeLessThan(view.width);
        expect(extent.bottom).toBeLessThan(view.height);
      }),
    );
  });
});
