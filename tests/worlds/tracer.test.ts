import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import { identity3, multiply3, rotationX, rotationZ } from "../../src/geometry/rotation.js";
import { makeMaterial } from "../../src/worlds/surface/material.js";
import { JoinedTracer } from "../../src/worlds/trace/joined-tracer.js";
import type { Primitive, Shape } from "../../src/worlds/trace/primitive.js";
import { describeSurface, newSurfacePoint } from "../../src/worlds/trace/surface-point.js";
import { Tracer } from "../../src/worlds/trace/tracer.js";

const grey = [0.5, 0.5, 0.5] as const;
const material = makeMaterial({ colours: [grey, grey, grey] });

function solid(shape: Shape, fields: Partial<Primitive> = {}): Primitive {
  return {
    shape,
    centre: [0, 0, 0],
    rotation: identity3,
    half: [1, 1, 1],
    taper: 1,
    classIndex: 0,
    instance: 0,
    material,
    textureOrigin: [0, 0, 0],
    blocksLight: true,
    ...fields,
  };
}

function randomSolids(random: Random, count: number): Primitive[] {
  return Array.from({ length: count }, () =>
    solid(random.pick(["box", "cone", "ellipsoid", "frustum"] as const), {
      centre: [random.uniform(-4, 4), random.uniform(-4, 4), random.uniform(-4, 4)],
      rotation:
        random.uniform() < 0.4
          ? rotationZ((random.integer(4) * Math.PI) / 2)
          : multiply3(rotationZ(random.uniform(0, 6)), rotationX(random.uniform(0, 6))),
      half: [random.uniform(0.05, 1), random.uniform(0.05, 1), random.uniform(0.05, 1)],
      taper: random.uniform(0.2, 1.6),
      taperY: random.uniform(0, 1.5),
      lean: random.uniform(-0.4, 0.4),
    }),
  );
}

describe("tracer", () => {
  it("hits plain solids where geometry says", () => {
    const along = (primitive: Primitive) => {
      const tracer = new Tracer([primitive]);
      return tracer.closest(0, 0.25, -5, 0, 0, 1) ? tracer.distance : undefined;
    };
    expect(along(solid("box"))).toBeCloseTo(4, 12);
    expect(along(solid("ellipsoid"))).toBeCloseTo(5 - Math.sqrt(1 - 0.0625), 12);
    expect(along(solid("cone"))).toBeCloseTo(4, 12);
    // Turned over, its narrow end looks at the ray, which meets the side where the radius 0.55 - 0.45 z is
    // 0.25.
    const turned = solid("cone", { taper: 0.1, rotation: rotationX(Math.PI) });
    expect(along(turned)).toBeCloseTo(5 - 0.3 / 0.45, 12);
    expect(along(solid("box", { centre: [0, 2, 0] }))).toBeUndefined();
    // A gable, its ridge along x at the top: seen from its bottom, where it slopes, and from aside.
    const gable = solid("frustum", { taperY: 0 });
    expect(along(gable)).toBeCloseTo(4, 12);
    const tracer = new Tracer([gable]);
    expect(tracer.closest(0, 0.25, 5, 0, 0, -1) && tracer.distance).toBeCloseTo(4.5, 12);
    expect(tracer.closest(0, 5, 0, 0, -1, 0) && tracer.distance).toBeCloseTo(4.5, 12);
    // Its top is shifted by half of its half length.
    const leaning = new Tracer([solid("frustum", { taper: 0.5, lean: 0.5 })]);
    expect(leaning.closest(5, 0, 0, -1, 0, 0) && leaning.distance).toBeCloseTo(4, 12);
    expect(leaning.closest(-5, 0, 0, 1, 0, 0) && leaning.distance).toBeCloseTo(4.5, 12);
  });

  it("finds the nearest of many, as trying each alone does, on its surface, facing back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const random = new Random(seed, "tracer");
        const solids = randomSolids(random, 40);
        const together = new Tracer(solids);
        const others = [
          new Tracer(solids, "bins"),
          new JoinedTracer(new Tracer(solids.slice(0, 17)), new Tracer(solids.slice(17), "bins")),
        ];
        const alone = solids.map((primitive) => new Tracer([primitive]));
        const point = newSurfacePoint();
        for (let i = 0; i < 20; i++) {
          const o = [random.uniform(-5, 5), random.uniform(-5, 5), -7] as const;
          const d = [random.uniform(-0.5, 0.5), random.uniform(-0.5, 0.5), 1] as const;
          const hit = together.closest(...o, ...d);
          const nearest = Math.min(
            ...alone.map((one) => (one.closest(...o, ...d) ? one.distance : Infinity)),
          );
          expect(hit ? together.distance : Infinity).toBe(nearest);
          expect(together.occluded(...o, ...d, Infinity)).toBe(hit);
          for (const other of others) {
            expect(other.closest(...o, ...d)).toBe(hit);
            expect(other.primitive).toBe(together.primitive);
            expect(other.occluded(...o, ...d, Infinity)).toBe(hit);
            if (hit) expect(other.distance).toBe(nearest);
          }
          if (!hit) continue;
          const { distance, primitive } = together;
          const [x, y, z] = [o[0] + distance * d[0], o[1] + distance * d[1], o[2] + distance * d[2]];
          describeSurface(solids[primitive], x, y, z, point);
          expect(Math.hypot(point.nx, point.ny, point.nz)).toBeCloseTo(1, 9);
          expect(point.nx * d[0] + point.ny * d[1] + point.nz * d[2]).toBeLessThan(1e-9);
          // A ray from just outside along the normal escapes this solid.
          alone[primitive].closest(
            x + 1e-4 * point.nx,
            y + 1e-4 * point.ny,
            z + 1e-4 * point.nz,
            point.nx,
            point.ny,
            point.nz,
          );
          expect(alone[primitive].primitive).toBe(-1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("lets light through what does not block it", () => {
    const tracer = new Tracer([solid("box", { blocksLight: false }), solid("box", { centre: [0, 0, 9] })]);
    expect(tracer.occluded(0, 0, -5, 0, 0, 1, 8)).toBe(false);
    expect(tracer.occluded(0, 0, -5, 0, 0, 1, 20)).toBe(true);
  });

  it("takes solids whose middles fall together", () => {
    const nested = Array.from({ length: 30 }, (_, i) => solid("ellipsoid", { half: [1 + i, 1 + i, 1 + i] }));
    for (const build of ["sweep", "bins"] as const) {
      const tracer = new Tracer(nested, build);
      expect(tracer.closest(0, 0, -50, 0, 0, 1)).toBe(true);
      expect(tracer.distance).toBeCloseTo(20, 9);
      expect([tracer.primitive, tracer.size]).toEqual([29, 30]);
    }
  });

  it("needs solids", () => {
    expect(() => new Tracer([])).toThrow(RangeError);
  });
});
