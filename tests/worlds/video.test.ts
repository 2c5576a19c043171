import { beforeAll, describe, expect, it } from "vitest";
import { unproject } from "../../src/geometry/camera.js";
import { add3, apply3, scale3, transpose3 } from "../../src/geometry/rotation.js";
import { type RenderedSample, type World, worldByName } from "../../src/worlds/index.js";
import { around, carried, motionOf, sameBits, take } from "../helpers/frames.js";

const [height, width] = [64, 128];
const area = height * width;
const SNIPPETS = [0, 1, 2, 4];

/** Pairs of frames that follow one another. */
function pairs(world: World): [RenderedSample, RenderedSample][] {
  return SNIPPETS.map((index) => {
    const [now, next] = take(world.video!.frames(1, "train", index, height, width), 2);
    return [now, next];
  });
}

/** Whether pixels show one plane: by their depths, and the normal of the first. */
function onePlane({ labels, camera }: RenderedSample, pixels: readonly number[]): boolean {
  const { depth, normals } = labels;
  if (pixels.some((i) => depth.valid[i] === 0)) return false;
  const points = pixels.map((i) => unproject(i % width, Math.floor(i / width), depth.data[i], camera));
  const normal = [0, 1, 2].map((c) => normals.data[c * area + pixels[0]]);
  return points.every((point) => {
    const off = point.reduce((sum, value, c) => sum + normal[c] * (value - points[0][c]), 0);
    return Math.abs(off) < 1e-4 * point[2];
  });
}

const share = (hits: number, of: number) => hits / Math.max(1, of);

describe.each(["rooms", "streets"])("video of %s", (name) => {
  const world = worldByName(name);
  let frames: [RenderedSample, RenderedSample][];
  beforeAll(() => {
    frames = pairs(world);
  });

  it("starts with the still image of the same number and gives equal bits every time", () => {
    const { motion: _, ...first } = frames[2][0];
    const { motion: __, ...still } = world.render(1, "train", 2, height, width);
    expect(sameBits(still, first)).toBe(true);
    const again = take(world.video!.frames(1, "train", 2, height, width), 2);
    expect(sameBits(again, frames[2])).toBe(true);
  });

  it("has poses that rotate, and a camera that moves a little", () => {
    const steps = frames.map(([now, next]) => {
      const [a, b] = [now.pose!, next.pose!];
      for (const { rotation } of [a, b]) {
        const unit = apply3(transpose3(rotation), apply3(rotation, [0.3, -0.5, 0.7]));
        [0.3, -0.5, 0.7].forEach((value, i) => {
          expect(unit[i]).toBeCloseTo(value, 12);
        });
      }
      return Math.hypot(...add3(b.position, scale3(a.position, -1)));
    });
    expect(Math.max(...steps)).toBeGreaterThan(0.02);
    expect(Math.max(...steps)).toBeLessThan(1.5);
  });

  it("has flow that depth, poses and object motion explain", () => {
    for (const [now, next] of frames) {
      const { flow } = motionOf(now);
      let [off, wrong] = [0, 0];
      for (let pixel = 0; pixel < area; pixel++) {
        if (now.labels.depth.valid[pixel] === 0) continue;
        const { at, point } = carried(now, next, pixel);
        if (flow.valid[pixel] !== (point[2] > 0 ? 1 : 0)) wrong++;
        if (point[2] < 0.05) continue;
        const [u, v] = [
          (pixel % width) + flow.data[pixel],
          Math.floor(pixel / width) + flow.data[area + pixel],
        ];
        off = Math.max(off, Math.hypot(u - at[0], v - at[1]) / (1 + Math.hypot(...at) / width));
      }
      expect(off).toBeLessThan(0.01);
      expect(wrong).toBe(0);
    }
  });

  it("shows where a point is visible the same thing at the depth that its motion gives", () => {
    let [seen, same, near, inside, outside] = [0, 0, 0, 0, 0];
    for (const [now, next] of frames) {
      const { visible } = motionOf(now);
      for (let pixel = 0; pixel < area; pixel++) {
        if (visible[pixel] === 0 || now.labels.depth.valid[pixel] === 0) continue;
        const { at, point } = carried(now, next, pixel);
        if (at[0] < -0.51 || at[0] > width - 0.49 || at[1] < -0.51 || at[1] > height - 0.49) outside++;
        const place = around(at, width, height);
        if (place === undefined) continue;
        const others = place.pixels.map((i) => next.instances[i]);
        seen++;
        if (others.includes(now.instances[pixel])) same++;
        if (others.some((other) => other !== now.instances[pixel])) continue;
        if (!onePlane(next, place.pixels)) continue;
        // Planes are affine in inverse depth.
        const inverse = place.pixels.reduce(
          (sum, i, k) => sum + place.weights[k] / next.labels.depth.data[i],
          0,
        );
        inside++;
        if (Math.abs(inverse * point[2] - 1) < 0.003) near++;
      }
    }
    expect(outside).toBe(0);
    expect(seen).toBeGreaterThan(0.4 * frames.length * area);
    expect(inside).toBeGreaterThan(0.5 * seen);
    // Things thinner than a pixel can lie between pixel centres.
    expect(share(same, seen)).toBeGreaterThan(0.97);
    expect(share(near, inside)).toBeGreaterThan(0.995);
  });

  it("hides a point only behind something nearer, or beyond the border", () => {
    let [hidden, explained] = [0, 0];
    for (const [now, next] of frames) {
      const { visible, flow } = motionOf(now);
      for (let pixel = 0; pixel < area; pixel++) {
        if (visible[pixel] === 1 || flow.valid[pixel] === 0 || now.labels.depth.valid[pixel] === 0) continue;
        const { at, point } = carried(now, next, pixel);
        const place = around(at, width, height);
        if (place === undefined) continue;
        hidden++;
        const nearest = Math.min(...place.pixels.map((i) => next.labels.depth.data[i] || Infinity));
        if (nearest < point[2] * 1.001) explained++;
      }
    }
    expect(hidden).toBeGreaterThan(50);
    expect(share(explained, hidden)).toBeGreaterThan(0.97);
  });

  it("looks alike along the flow: the next picture, warped back, is this one", () => {
    const plain = pairs(worldByName(name, "plain"));
    let [moved, stayed, count] = [0, 0, 0];
    for (const [now, next] of plain) {
      const { visible, flow } = motionOf(now);
      const at = (pixel: number, c: number) => next.image.data[3 * pixel + c];
      for (let pixel = 0; pixel < area; pixel++) {
        const [u, v] = [flow.data[pixel], flow.data[area + pixel]];
        const place = around([(pixel % width) + u, Math.floor(pixel / width) + v], width, height);
        if (visible[pixel] === 0 || place === undefined || Math.hypot(u, v) < 0.5) continue;
        count += 3;
        for (let c = 0; c < 3; c++) {
          const own = now.image.data[3 * pixel + c];
          const other = place.pixels.reduce((sum, i, k) => sum + place.weights[k] * at(i, c), 0);
          moved += Math.abs(own - other);
          stayed += Math.abs(own - at(pixel, c));
        }
      }
    }
    expect(count).toBeGreaterThan(0.3 * area);
    expect(moved / count).toBeLessThan(9);
    expect(moved).toBeLessThan(0.8 * stayed);
  });

  it("goes on: things keep their class over a long snippet, and the camera neither jumps nor stops", () => {
    const long = take(world.video!.frames(2, "val", 3, 16, 32), 80);
    const classes = new Map<number, number>();
    let travelled = 0;
    long.forEach(({ instances, labels, pose }, frame) => {
      const changed = instances.filter((instance, pixel) => {
        const own = labels.segmentation.data[pixel];
        const before = classes.get(instance) ?? own;
        classes.set(instance, own);
        return before !== own;
      });
      expect(changed).toHaveLength(0);
      if (frame === 0) return;
      const step = Math.hypot(...add3(pose!.position, scale3(long[frame - 1].pose!.position, -1)));
      expect(step).toBeLessThan(1.6);
      travelled += step;
    });
    expect(travelled).toBeGreaterThan(0.5);
  });
});

describe("object motion", () => {
  it("is zero in rooms, and of everything that cannot move in streets", () => {
    const standing = new Set([
      "road",
      "sidewalk",
      "building",
      "wall",
      "fence",
      "pole",
      "vegetation",
      "terrain",
      "sky",
    ]);
    const { classes } = worldByName("streets").tasks.segmentation as unknown as { classes: string[] };
    let [moving, wrong] = [0, 0];
    for (const [now] of pairs(worldByName("streets"))) {
      const { data } = motionOf(now).motion;
      for (let pixel = 0; pixel < area; pixel++) {
        const length = Math.hypot(data[pixel], data[area + pixel], data[2 * area + pixel]);
        if (standing.has(classes[now.labels.segmentation.data[pixel]]) && length > 0) wrong++;
        // Faster than 70 km/h.
        if (length > 1.95) wrong++;
        if (length > 0.05) moving++;
      }
    }
    expect(wrong).toBe(0);
    expect(moving).toBeGreaterThan(0.01 * area);
    for (const [now] of pairs(worldByName("rooms"))) {
      expect(motionOf(now).motion.data.every((value) => value === 0)).toBe(true);
    }
  });
});

describe("boxes of streets", () => {
  const streets = worldByName("streets");
  let snippets: RenderedSample[][];
  beforeAll(() => {
    snippets = SNIPPETS.map((index) => take(streets.video!.frames(3, "train", index, height, width), 3));
  });

  it("contain every pixel of their thing, and count them", () => {
    let checked = 0;
    let out = -Infinity;
    for (const sample of snippets.flat()) {
      const boxes = new Map(sample.boxes!.map((box) => [box.track, { box, pixels: 0 }]));
      for (let pixel = 0; pixel < area; pixel++) {
        const entry = boxes.get(sample.instances[pixel]);
        if (entry === undefined) continue;
        entry.pixels++;
        checked++;
        const { centre, rotation, size } = entry.box;
        const depth = sample.labels.depth.data[pixel];
        const point = unproject(pixel % width, Math.floor(pixel / width), depth, sample.camera);
        const local = apply3(transpose3(rotation), add3(point, scale3(centre, -1)));
        local.forEach((value, axis) => {
          out = Math.max(out, Math.abs(value) - size[axis] / 2);
        });
      }
      for (const { box, pixels } of boxes.values()) expect(pixels).toBe(box.pixels);
    }
    expect(out).toBeLessThan(1e-3);
    expect(checked).toBeGreaterThan(0.02 * area * snippets.length);
  });

  it("have a heading that is the direction of their forward axis, and upright things", () => {
    for (const { boxes } of snippets.flat()) {
      for (const { rotation, heading } of boxes!) {
        const level = Math.hypot(rotation[0], rotation[6]);
        expect(Math.cos(heading) * level).toBeCloseTo(rotation[0], 9);
        expect(-Math.sin(heading) * level).toBeCloseTo(rotation[6], 9);
        expect(rotation[5]).toBeLessThan(-0.95);
      }
    }
  });

  it("have classes of things that move, and keep class and size along a track", () => {
    const tracks = new Map<string, string>();
    snippets.forEach((frames, snippet) => {
      for (const { boxes } of frames) {
        for (const { track, size, class: name } of boxes!) {
          const key = `${snippet} ${track}`;
          const facts = JSON.stringify([name, size]);
          expect(tracks.get(key) ?? facts).toBe(facts);
          tracks.set(key, facts);
        }
      }
    });
    const names = new Set([...tracks.values()].map((facts) => JSON.parse(facts)[0]));
    const movable = ["bicycle", "bus", "car", "motorcycle", "person", "rider", "train", "truck"];
    expect(movable).toEqual(expect.arrayContaining([...names]));
    expect(names.size).toBeGreaterThan(4);
  });

  it("move as the pixels of their thing do", () => {
    let [checked, off] = [0, 0];
    for (const [now, next] of snippets) {
      const later = new Map(next.boxes!.map((box) => [box.track, box]));
      const boxes = new Map(now.boxes!.map((box) => [box.track, box]));
      for (let pixel = 0; pixel < area; pixel++) {
        const [from, to] = [boxes.get(now.instances[pixel]), later.get(now.instances[pixel])];
        if (from === undefined || to === undefined) continue;
        const { point } = carried(now, next, pixel);
        const own = unproject(
          pixel % width,
          Math.floor(pixel / width),
          now.labels.depth.data[pixel],
          now.camera,
        );
        const local = apply3(transpose3(from.rotation), add3(own, scale3(from.centre, -1)));
        const expected = add3(apply3(to.rotation, local), to.centre);
        off = Math.max(off, ...expected.map((value, axis) => Math.abs(point[axis] - value)));
        checked++;
      }
    }
    expect(off).toBeLessThan(1e-3);
    expect(checked).toBeGreaterThan(100);
  });
});
