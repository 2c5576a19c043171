import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cameraFromFieldOfView,
  croppedCamera,
  mirroredCamera,
  type PinholeCamera,
  project,
  scaledCamera,
  unproject,
  unprojectDepth,
} from "../../src/geometry/camera.js";

const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const cameras = fc.record({ fx: real(20, 900), fy: real(20, 900), cx: real(-20, 700), cy: real(-20, 500) });
const points = fc.tuple(real(-5, 5), real(-5, 5), real(0.1, 20));

function expectPixel(actual: readonly number[], x: number, y: number): void {
  expect(actual[0]).toBeCloseTo(x, 6);
  expect(actual[1]).toBeCloseTo(y, 6);
}

describe("camera", () => {
  it("projects what it unprojects", () => {
    fc.assert(
      fc.property(cameras, real(-50, 700), real(-50, 500), real(0.05, 60), (camera, x, y, depth) => {
        const point = unproject(x, y, depth, camera);
        expect(point[2]).toBe(depth);
        expectPixel(project(point, camera), x, y);
      }),
    );
  });

  it("moves pixels with the image when it is scaled, cropped or mirrored", () => {
    fc.assert(
      fc.property(cameras, points, real(0.1, 4), real(0.1, 4), real(0, 90), (camera, point, sx, sy, left) => {
        const [x, y] = project(point, camera);
        // Corners, at half pixels, stay corners.
        expectPixel(project(point, scaledCamera(camera, sx, sy)), (x + 0.5) * sx - 0.5, (y + 0.5) * sy - 0.5);
        expectPixel(project(point, croppedCamera(camera, left, 7)), x - left, y - 7);
        const enlarged = croppedCamera(camera, left, 7, sx, sy);
        expectPixel(project(point, enlarged), (x - left) * sx, (y - 7) * sy);
        const mirrored: readonly [number, number, number] = [-point[0], point[1], point[2]];
        expectPixel(project(mirrored, mirroredCamera(camera, 640)), 639 - x, y);
      }),
    );
  });

  it("sees the field of view it was made for, out to the image's borders", () => {
    const camera = cameraFromFieldOfView(128, 96, Math.PI / 2);
    expectPixel(project([1, 0, 1], camera), 127.5, 47.5);
    expectPixel(project([0, 0.75, 1], camera), 63.5, 95.5);
    expect(() => cameraFromFieldOfView(128, 96, Math.PI)).toThrow(RangeError);
  });

  it("unprojects a map as it unprojects each pixel", () => {
    const camera: PinholeCamera = { fx: 3, fy: 4, cx: 0.7, cy: 1.2 };
    const depth = [1, 2, 3, 4, 5, 6];
    const map = unprojectDepth(depth, 3, 2, camera);
    depth.forEach((z, i) => {
      const expected = unproject(i % 3, Math.floor(i / 3), z, camera);
      expected.forEach((value, c) => {
        expect(map[6 * c + i]).toBeCloseTo(value, 5);
      });
    });
    expect(() => unprojectDepth(depth, 3, 3, camera)).toThrow("expected 3 x 3");
  });
});
