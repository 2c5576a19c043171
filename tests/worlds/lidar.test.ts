import { describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import type { Pose } from "../../src/fields/pose.js";
import { boxContains } from "../../src/geometry/boxes/box.js";
import { cameraFromFieldOfView } from "../../src/geometry/camera.js";
import { add3, apply3, identity3, multiply3, scale3, transpose3 } from "../../src/geometry/rotation.js";
import { type LidarSensor, lidarByName, lidarSensors } from "../../src/worlds/lidar/sensors.js";
import { type Sweep, sweepScene } from "../../src/worlds/lidar/sweep.js";
import { traceVisibility } from "../../src/worlds/render/visibility.js";
import { emptyScene, Placer, type Scene } from "../../src/worlds/scene.js";
import { streets } from "../../src/worlds/streets/index.js";
import { Journey, mountAt } from "../../src/worlds/streets/journey.js";
import { drawStreet } from "../../src/worlds/streets/street.js";
import { makeMaterial } from "../../src/worlds/surface/material.js";
import { Tracer } from "../../src/worlds/trace/tracer.js";
import { sameBits, take } from "../helpers/frames.js";

const degree = Math.PI / 180;
const exact: LidarSensor = {
  elevations: [2, 0, -2, -4, -7, -10, -14, -19].map((each) => each * degree),
  columns: 360,
  range: 70,
  noise: 0,
  dropout: 0,
  height: 1.8,
};
const white = makeMaterial({
  colours: [
    [1, 1, 1],
    [1, 1, 1],
    [1, 1, 1],
  ],
});
const still: Pose = { rotation: identity3, position: [0, 0, 0] };

/** A wall 10 m ahead, a small box 5 m ahead of its middle, open to all other sides. */
function wallScene(): Scene {
  const scene = emptyScene();
  const frame = { origin: [0, 0, 0] as const, rotation: identity3 };
  new Placer(scene, frame, 0, 1).box([10.5, 0, 0], [1, 20, 20], white);
  new Placer(scene, frame, 0, 2).box([5.5, 0, 0], [1, 1, 1], white);
  return scene;
}

function sweepOf(sensor: LidarSensor, seed = 0): Sweep {
  const scene = wallScene();
  return sweepScene(scene, new Tracer(scene.primitives), still, sensor, new Random(seed, "sweep"));
}

const rows = ({ points }: Sweep) =>
  Array.from({ length: points.length / 4 }, (_, i) => [...points.subarray(4 * i, 4 * i + 4)]);

describe("a LiDAR sweep", () => {
  it("measures the nearest surface along each beam; what stands behind is hidden", () => {
    const sweep = sweepOf(exact);
    let onBox = 0;
    rows(sweep).forEach(([x, y, z, intensity], i) => {
      const [azimuth, elevation] = [Math.atan2(y, x), Math.atan2(z, Math.hypot(x, y))];
      expect(elevation).toBeCloseTo(exact.elevations[sweep.beam[i]], 5);
      // Columns lie at odd multiples of half a degree.
      const column = azimuth / degree + 0.5;
      expect(column).toBeCloseTo(Math.round(column), 3);
      const atBox = Math.abs(5 * Math.tan(azimuth)) < 0.5 && Math.abs(z * (5 / x)) < 0.5;
      expect(x).toBeCloseTo(atBox ? 5 : 10, 4);
      expect(sweep.instance[i]).toBe(atBox ? 2 : 1);
      onBox += Number(atBox);
      // White, seen at the beam's own slant to the wall.
      expect(intensity).toBeCloseTo(x / Math.hypot(x, y, z), 5);
    });
    expect(onBox).toBeGreaterThan(30);
    // 45 degrees to either side of every beam, and nothing elsewhere.
    expect(sweep.beam).toHaveLength(90 * exact.elevations.length);
  });

  it("ends at its range", () => {
    const near = sweepOf({ ...exact, range: 8 });
    expect(new Set(near.instance)).toEqual(new Set([2]));
    expect(sweepOf({ ...exact, range: 4 }).points).toHaveLength(0);
  });

  it("turns with the pose and stays in the sensor's coordinates", () => {
    const scene = wallScene();
    const quarter: Pose = { rotation: [0, -1, 0, 1, 0, 0, 0, 0, 1], position: [2, 0, 0] };
    const sweep = sweepScene(scene, new Tracer(scene.primitives), quarter, exact, new Random(0));
    for (const [x, y, z] of rows(sweep)) {
      const [ahead] = add3(apply3(quarter.rotation, [x, y, z]), quarter.position);
      expect(Math.min(Math.abs(ahead - 10), Math.abs(ahead - 5))).toBeLessThan(1e-4);
      expect(y).toBeLessThan(0);
    }
  });

  it("has noise along the beam of the deviation asked for", () => {
    const [clean, noisy] = [exact, { ...exact, noise: 0.05 }].map((sensor) => rows(sweepOf(sensor)));
    const errors = noisy.map(([x, y, z], i) => {
      const range = Math.hypot(x, y, z);
      const [cx, cy, cz] = clean[i];
      const true_ = Math.hypot(cx, cy, cz);
      expect((x * cx + y * cy + z * cz) / range / true_).toBeCloseTo(1, 5);
      return range - true_;
    });
    const mean = errors.reduce((sum, each) => sum + each, 0) / errors.length;
    const deviation = Math.sqrt(errors.reduce((sum, each) => sum + (each - mean) ** 2, 0) / errors.length);
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(deviation - 0.05)).toBeLessThan(0.007);
  });

  it("loses about the share asked for near by and straight on, more at a slant and far away", () => {
    const many = { ...exact, columns: 7200, range: 1000 };
    const lost = (sensor: LidarSensor, keep: (row: readonly number[]) => boolean) => {
      const [all, left] = [{ ...sensor, dropout: 0 }, sensor].map((each) => rows(sweepOf(each)).filter(keep));
      return 1 - left.length / all.length;
    };
    const straight = ([x, y]: readonly number[]) => Math.abs(y) < 0.2 * x;
    const aslant = ([x, y]: readonly number[]) => Math.abs(y) > 0.9 * x;
    expect(lost({ ...many, dropout: 0.2 }, straight)).toBeGreaterThan(0.17);
    expect(lost({ ...many, dropout: 0.2 }, straight)).toBeLessThan(0.24);
    const slanted = lost({ ...many, dropout: 0.2 }, aslant);
    expect(slanted).toBeGreaterThan(lost({ ...many, dropout: 0.2 }, straight));
    expect(lost({ ...many, dropout: 0.2, range: 15 }, aslant)).toBeGreaterThan(slanted + 0.2);
  });

  it("is the same for the same seed and another for another", () => {
    const noisy = { ...exact, noise: 0.02, dropout: 0.1 };
    expect(sameBits(sweepOf(noisy, 3), sweepOf(noisy, 3))).toBe(true);
    expect(sameBits(sweepOf(noisy, 3), sweepOf(noisy, 4))).toBe(false);
  });
});

describe("LiDAR sensors", () => {
  it("have falling beams; others are refused with the known ones", () => {
    for (const [name, sensor] of Object.entries(lidarSensors)) {
      expect(lidarByName(name)).toBe(sensor);
      const { elevations } = sensor;
      elevations.slice(1).forEach((each, i) => {
        expect(each).toBeLessThan(elevations[i]);
      });
    }
    expect(lidarSensors["hdl-64e"].elevations).toHaveLength(64);
    expect(() => lidarByName("sonar")).toThrow(/hdl-64e or hdl-32e or waymo-top.*got sonar/s);
  });
});

describe("LiDAR in streets", () => {
  const frames = (index: number, count: number, sensor = exact) =>
    take(streets.lidar!.sweeps(1, "train", index, sensor), count);

  it("has equal bits for equal arguments, and the tracks of the video", () => {
    const noisy = { ...exact, noise: 0.02, dropout: 0.05 };
    const two = frames(2, 2, noisy);
    expect(sameBits(two, frames(2, 2, noisy))).toBe(true);
    expect(sameBits(two[0].sweep, frames(3, 1, noisy)[0].sweep)).toBe(false);
    const video = take(streets.video!.frames(1, "train", 2, 16, 32), 2);
    video.forEach(({ boxes, pose }, frame) => {
      const lidar = new Map(two[frame].boxes.map((box) => [box.track, box]));
      const near = boxes!.filter(({ centre }) => Math.hypot(...centre) < exact.range - 2);
      expect(near.length).toBeGreaterThan(0);
      for (const box of near) {
        const same = lidar.get(box.track)!;
        expect([same.class, same.size]).toEqual([box.class, box.size]);
        // One place in the scene, from either sensor.
        const a = add3(apply3(pose!.rotation, box.centre), pose!.position);
        const b = add3(apply3(two[frame].pose.rotation, same.centre), two[frame].pose.position);
        expect(Math.hypot(...add3(a, scale3(b, -1)))).toBeLessThan(1e-9);
      }
    });
  });

  it("has points on things inside their boxes and nowhere else, counted", () => {
    let inside = 0;
    for (const index of [0, 1, 2]) {
      const [{ sweep, boxes }] = frames(index, 1);
      const all = rows(sweep);
      for (const box of boxes) {
        const own = all.filter((_, i) => sweep.instance[i] === box.track);
        expect(own).toHaveLength(box.points);
        const wider = { ...box, size: box.size.map((each) => each + 1e-3) as [number, number, number] };
        for (const [x, y, z] of own) expect(boxContains(wider, [x, y, z])).toBe(true);
        inside += own.length;
      }
    }
    expect(inside).toBeGreaterThan(200);
  });

  it("stands upright above the road and sees it below", () => {
    const [{ sweep, pose }] = frames(0, 1);
    expect(pose.position[2]).toBe(exact.height);
    expect(pose.rotation.slice(6)).toEqual([0, 0, 1]);
    const lowest = rows(sweep).filter((_, i) => sweep.beam[i] === 7);
    const onRoad = lowest.filter(([, , z]) => Math.abs(z + exact.height) < 0.02);
    expect(onRoad.length).toBeGreaterThan(0.2 * exact.columns);
    for (const [x, y, z] of rows(sweep)) {
      expect(Math.hypot(x, y, z)).toBeLessThanOrEqual(exact.range * 1.000001);
      expect(z).toBeGreaterThan(-exact.height - 0.3);
    }
  });

  it("agrees with the depth that a camera sees from the same place", () => {
    const [width, height] = [160, 80];
    const camera = cameraFromFieldOfView(width, height, 1.5);
    let [compared, agreed] = [0, 0];
    for (const index of [0, 1]) {
      const street = drawStreet(new Random(1, "streets", "train", index));
      const { scene, tracer } = new Journey(street).surroundingsAt(0);
      const { origin, rotation } = mountAt(street, exact.height, 0);
      const sweep = sweepScene(scene, tracer, { rotation, position: origin }, exact, new Random(0));
      // Camera axes x right, y down, z forward of one that looks ahead.
      const ahead = multiply3(rotation, [0, 0, 1, -1, 0, 0, 0, -1, 0]);
      const view = { camera, rotation: ahead, position: origin };
      const seen = traceVisibility(scene, tracer, view, width, height);
      const toCamera = multiply3(transpose3(ahead), rotation);
      rows(sweep).forEach(([px, py, pz], i) => {
        const [x, y, z] = apply3(toCamera, [px, py, pz]);
        if (z < 0.5) return;
        const [u, v] = [camera.cx + (camera.fx * x) / z, camera.cy + (camera.fy * y) / z];
        const [left, top] = [Math.floor(u), Math.floor(v)];
        if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) return;
        const at = top * width + left;
        const corners = [at, at + 1, at + width, at + width + 1];
        const surface = seen.surface[at];
        // On one plane the inverse depth is linear in the picture.
        if (surface < 0 || surface % 8 > 5) return;
        if (corners.some((corner) => seen.surface[corner] !== surface)) return;
        const [fx, fy] = [u - left, v - top];
        const shares = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy];
        const inverse = corners.reduce((sum, corner, k) => sum + shares[k] / seen.depth[corner], 0);
        // Something slim may stand between the pixels' rays.
        if (sweep.instance[i] !== scene.primitives[seen.primitive[at]].instance) return;
        compared++;
        if (Math.abs(z * inverse - 1) < 1e-4) agreed++;
      });
    }
    expect(compared).toBeGreaterThan(300);
    expect(agreed / compared).toBeGreaterThan(0.99);
  });
});
