import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cameraFromFieldOfView } from "../../src/geometry/camera.js";
import { normalsFromDepth } from "../../src/geometry/normals-from-depth.js";
import { scale3, type Vec3 } from "../../src/geometry/rotation.js";

const [width, height] = [24, 18];
const camera = cameraFromFieldOfView(width, height, 1.1);
const area = width * height;
const everywhere = new Uint8Array(area).fill(1);

/** Depth of the plane n . p = -d, at every pixel. */
function planeDepth(normal: Vec3, distance: number): Float64Array {
  return Float64Array.from({ length: area }, (_, i) => {
    const [x, y] = [((i % width) - camera.cx) / camera.fx, (Math.floor(i / width) - camera.cy) / camera.fy];
    return -distance / (normal[0] * x + normal[1] * y + normal[2]);
  });
}

const unit = (v: Vec3): Vec3 => scale3(v, 1 / Math.hypot(...v));

describe("normalsFromDepth", () => {
  it("is exact on any plane that faces the camera", () => {
    const tilt = fc.double({ min: -0.8, max: 0.8, noNaN: true });
    fc.assert(
      fc.property(tilt, tilt, fc.double({ min: 0.3, max: 8, noNaN: true }), (a, b, distance) => {
        const normal = unit([a, b, -1]);
        const { normals, valid } = normalsFromDepth(
          planeDepth(normal, distance),
          everywhere,
          width,
          height,
          camera,
        );
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const inner = x > 0 && y > 0 && x < width - 1 && y < height - 1;
            const i = y * width + x;
            expect(valid[i]).toBe(inner ? 1 : 0);
            for (let c = 0; c < 3; c++) expect(normals[c * area + i]).toBeCloseTo(inner ? normal[c] : 0, 5);
          }
        }
      }),
    );
  });

  it("points to the camera, with unit length, whatever the depth", () => {
    const depths = fc.array(fc.double({ min: 0.2, max: 9, noNaN: true }), {
      minLength: area,
      maxLength: area,
    });
    fc.assert(
      fc.property(depths, (depth) => {
        const { normals, valid } = normalsFromDepth(depth, everywhere, width, height, camera, {
          maxBend: 1e9,
        });
        for (let i = 0; i < area; i++) {
          if (valid[i] === 0) continue;
          const [x, y, z] = [normals[i], normals[area + i], normals[2 * area + i]];
          expect(Math.hypot(x, y, z)).toBeCloseTo(1, 5);
          const ray = [
            ((i % width) - camera.cx) / camera.fx,
            (Math.floor(i / width) - camera.cy) / camera.fy,
          ];
          expect(x * ray[0] + y * ray[1] + z).toBeLessThanOrEqual(1e-6);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("gives nothing at holes, beside them, and across jumps", () => {
    const depth = planeDepth([0, 0, -1], 2);
    const column = 12;
    for (let i = 0; i < area; i++) if (i % width >= column) depth[i] = 3;
    const valid = Uint8Array.from(everywhere);
    const hole = 5 * width + 5;
    valid[hole] = 0;
    depth[9 * width + 5] = Number.NaN;
    const found = normalsFromDepth(depth, valid, width, height, camera).valid;
    for (const at of [hole, 9 * width + 5]) {
      for (const i of [at, at - 1, at + 1, at - width, at + width]) expect(found[i]).toBe(0);
      expect(found[at - width - 1]).toBe(1);
    }
    const row = 14 * width;
    expect([...found.slice(row + column - 2, row + column + 2)]).toEqual([1, 0, 0, 1]);
  });

  it("refuses maps of another size", () => {
    expect(() => normalsFromDepth([1, 2], everywhere, width, height, camera)).toThrow(RangeError);
  });
});
