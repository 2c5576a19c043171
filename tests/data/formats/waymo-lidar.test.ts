import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { openDataset } from "../../../src/data/formats/index.js";
import { waymo } from "../../../src/data/formats/waymo.js";
import { inspectDataset } from "../../../src/data/inspect.js";
import { readPhoto } from "../../../src/data/sweeps/photo.js";
import type { SweepDataset } from "../../../src/data/sweeps/sweep-dataset.js";
import { extentSeen } from "../../../src/geometry/boxes/camera-view.js";
import { add3, apply3 } from "../../../src/geometry/rotation.js";
import { labelledBoxes } from "../../../src/tasks/boxes3d/rows.js";
import type { BoxesSpec } from "../../../src/tasks/boxes3d/spec.js";
import { noisePng, temporaryFolder, userError, writeFiles } from "../../helpers/dataset.js";
import { motionOf, rowsOf } from "../../helpers/range-image.js";
import { realData } from "../../helpers/real-data.js";
import { matrixBytes, type WaymoFrameParts, type WaymoLaser, waymoFrame } from "../../helpers/waymo.js";

const GRID = { x: [-20, 20], y: [-20, 20], z: [-3, 3], cell: 1 } as const;
const START = 1_553_735_853_000_000;
const ID = "segment__1553735853000000";

/** 2 x 4 pixels that met nothing but for what is given: pixel, range, intensity. */
function ranges(...met: (readonly [number, number, number])[]) {
  const values = new Array(32).fill(-1);
  for (const [pixel, range, intensity] of met) values.splice(4 * pixel, 4, range, intensity, 0.5, -1);
  return { dims: [2, 4, 4], values };
}
/** The vehicle stands at (100, 0, 0) all the time, but for the second pixel's: there it is a metre ahead. */
const POSES = {
  dims: [2, 4, 6],
  values: Array.from({ length: 8 }, (_, pixel) => [0, 0, 0, pixel === 1 ? 101 : 100, 0, 0]).flat(),
};
const TOP: WaymoLaser = {
  ...{ name: 1, inclinations: [-0.1, 0], extrinsic: rowsOf(motionOf([0, 0, 0, 0, 0, 2])) },
  ...{ returns: [ranges([0, 10, 1], [1, 10, 0.5]), ranges([1, 12, 0])], poses: POSES },
};
const FRONT: WaymoLaser = {
  ...{ name: 2, limits: [-0.5, 0.5], extrinsic: rowsOf(motionOf([0, 0, 0, 4, 0, 1])) },
  returns: [ranges([6, 2, 0])],
};
const VEHICLE = { box: [5, 1, 1, 2, 4.5, 1.7, 7], type: 1, id: "a", level: 2, points: 3 };
const SIGN = { box: [9, 9, 3, 0.1, 0.6, 0.5, 0], type: 3, id: "b" };

function frame(index: number, more: WaymoFrameParts = {}): Uint8Array {
  const pose = rowsOf(motionOf([0, 0, 0, 100 + index, 0, 0]));
  const own = { time: String(START + 100_000 * index), pose, lasers: [TOP, FRONT], labels: [VEHICLE, SIGN] };
  return waymoFrame({ ...own, ...more });
}

async function folderOf(...frames: Uint8Array[]): Promise<string> {
  const path = await temporaryFolder();
  await writeFiles(path, { "training/a.tfrecord": Buffer.concat(frames) });
  return path;
}

const open = async (frames: Uint8Array[], plan: object = {}) =>
  (await openDataset({
    ...{ format: "waymo", path: await folderOf(...frames) },
    sweeps: { grid: GRID, frames: 1, step: 1, ...plan },
  })) as SweepDataset;

const close = (found: ArrayLike<number>, expected: readonly number[]) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
};

describe("Waymo's sweeps", () => {
  it.each([true, false])("are the points of all lasers and returns (numbers packed: %s)", async (packed) => {
    const { source, info } = await open([frame(0, { packed })]);
    expect(info.splits).toEqual({ train: [ID] });
    const { points, pose } = await source.readSweep("train", ID);
    expect(pose!.position).toEqual([100, 0, 0]);
    // Row 0 of the top laser is its highest beam, at 0; columns look to 135, 45, -45, -135 degrees.
    const [c, s] = [Math.cos(0.25), Math.sin(0.25)];
    close(points, [
      ...[-10 * Math.SQRT1_2, 10 * Math.SQRT1_2, 2, Math.tanh(1)],
      ...[10 * Math.SQRT1_2 + 1, 10 * Math.SQRT1_2, 2, Math.tanh(0.5)],
      ...[12 * Math.SQRT1_2 + 1, 12 * Math.SQRT1_2, 2, 0],
      // The front laser's second row looks down by the middle of the lower half of its range.
      ...[4 + 2 * c * Math.SQRT1_2, -2 * c * Math.SQRT1_2, 1 - 2 * s, 0],
    ]);
  });

  it("have their boxes, of which width stands before length", async () => {
    const dataset = await open([frame(0)]);
    expect(await dataset.source.readBoxes("train", ID)).toEqual([
      {
        ...{ class: "vehicle", centre: [5, 1, 1], size: [4.5, 2, 1.7], track: "a", points: 3, level: 2 },
        yaw: expect.closeTo(7 - 2 * Math.PI, 10),
      },
      { class: "sign", centre: [9, 9, 3], size: [0.6, 0.1, 0.5], yaw: 0, track: "b" },
    ]);
    const { labels } = await dataset.read("train", ID, ["boxes"]);
    const spec = dataset.info.tasks.boxes as BoxesSpec;
    expect(labelledBoxes(labels.boxes, spec)).toMatchObject([{ class: "vehicle", level: 2, points: 3 }]);
  });

  it("follow one another by time, whatever their order in files, and earlier ones are moved", async () => {
    const dataset = await open([frame(1), frame(0)], { frames: 2 });
    expect(dataset.info.splits.train).toEqual(["segment__1553735853100000"]);
    const sample = await dataset.read("train", "segment__1553735853100000", ["boxes"]);
    const [now, before] = sample.sweep!.frames;
    // The front laser's point moves with the vehicle, a metre a frame.
    expect(before[12]).toBeCloseTo(now[12] - 1, 5);
    const spec = dataset.info.tasks.boxes as BoxesSpec;
    const places = [0, 1].map((at) => labelledBoxes(sample.labels.boxes, spec, at)[0].box.centre);
    expect(places).toEqual([
      [5, 1, 1],
      [4, 1, 1],
    ]);
  });

  it("are labelled where their segment is; a tenth of the segments is held out", async () => {
    const frames = Array.from({ length: 10 }, (_, i) =>
      frame(0, { segment: `s${i}`, labels: i === 9 ? [] : [SIGN] }),
    );
    const { info, source } = await open([...frames, frame(1, { segment: "s0", labels: [] })]);
    expect(info.splits.val).toEqual(["s9__1553735853000000"]);
    expect(info.splits.train).toHaveLength(10);
    expect(await source.isLabelled("train", "s0__1553735853100000")).toBe(true);
    expect(await source.isLabelled("val", "s9__1553735853000000")).toBe(false);
    const path = await folderOf(...frames);
    await writeFiles(path, { "validation.txt": "s3__1553735853000000__front\ns4__1553735853000000\n" });
    expect((await waymo.openSweeps!(path)).splits.val).toHaveLength(2);
  });

  it("without range images are empty, named and counted", async () => {
    const bare = { lasers: [{ ...TOP, returns: [], poses: undefined }] };
    const path = await folderOf(frame(0), frame(1, bare), frame(2, { lasers: [] }));
    const report = await inspectDataset({
      format: "waymo",
      path,
      sweeps: { grid: GRID, frames: 1, step: 1 },
    });
    expect(report.sweeps).toMatchObject({ sweeps: 3, empty: 2, points: 4, boxes: 6 });
    const said = report.causes.map(({ message }) => message).join("; ");
    expect(said).toMatch(/a\.tfrecord: 2 frames have no points, e\.g\. segment__1553735853100000.*4 boxes/);
    expect(said).toContain("2 have no point in the grid");
    expect(report.badFiles).toEqual([]);
  });

  it("are seen by the front camera, whose picture lies in the frame", async () => {
    const image = noisePng(48, 32);
    const { source } = await open([frame(0, { pictures: [{ camera: 1, image }] })]);
    const view = (await source.readView!("train", ID))!;
    expect([view.width, view.height, view.camera.fx]).toEqual([1920, 1280, 1000]);
    // The camera stands at (1, 0, 2) and looks ahead.
    const { rotation, translation } = view.toCamera;
    expect(add3(apply3(rotation, [11, 3, 1]), translation)).toEqual([-3, 1, 10]);
    expect(await readPhoto(view.image!)).toMatchObject({ width: 48, height: 32 });
    const others = await open([frame(0, { pictures: [{ camera: 2, image }] })]);
    expect(await others.source.readView!("train", ID)).toBeUndefined();
    const damaged = await open([frame(0, { pictures: [{ camera: 1, image: image.subarray(0, 60) }] })]);
    const seen = (await damaged.source.readView!("train", ID))!;
    const error = await userError(() => readPhoto(seen.image!));
    expect(error.facts.where).toMatch(/a\.tfrecord: byte/);
  });

  it("say so where nobody knows how the vehicle moved while the top laser turned", async () => {
    for (const more of [{ lasers: [{ ...TOP, poses: undefined }] }, { pose: undefined }]) {
      const { source } = await open([frame(0, more)]);
      const { points, remark } = await source.readSweep("train", ID);
      expect(points[4]).toBeCloseTo(10 * Math.SQRT1_2, 5);
      expect(remark).toMatch(/top laser turned.*stood still/);
    }
  });

  const image = matrixBytes(ranges([0, 1, 1]));
  const top = (more: Partial<WaymoLaser>) => ({ lasers: [{ ...TOP, ...more }] });
  it.each<[string, WaymoFrameParts, RegExp]>([
    ["bytes that are no zlib", top({ returns: [Uint8Array.of(1, 2, 3)] }), /laser top.*inflated.*zlib/s],
    ["a cut stream", top({ returns: [image.subarray(0, 20)] }), /laser top.*cannot be inflated/s],
    ["no message", top({ returns: [deflateSync(Uint8Array.of(255, 255))] }), /laser top: byte 0/],
    [
      "a stream without end",
      top({ returns: [deflateSync(new Uint8Array(2 ** 24 + 1))] }),
      /cannot be inflated/,
    ],
    [
      "other channels",
      top({ returns: [{ dims: [2, 8, 2], values: ranges().values }] }),
      /x 4 numbers.*2 x 8 x 2/s,
    ],
    ["no shape", top({ returns: [{ dims: [], values: [] }] }), /no shape of 0 numbers/],
    [
      "a huge shape",
      top({ returns: [{ dims: [2147483647, 2147483647, 4], values: ranges().values }] }),
      /2147483647 x 2147483647 x 4 of 32 numbers/,
    ],
    ["a negative shape", top({ returns: [{ dims: [-2, -4, 4], values: ranges().values }] }), /-2 x -4 x 4/],
    ["too few beams", top({ inclinations: [0] }), /beams do not fit.*2 inclinations.*got.*1/s],
    ["no beams", top({ inclinations: [] }), /2 inclinations.*limits from 0 to 0/s],
    [
      "other poses",
      top({ poses: { dims: [1, 1, 6], values: [0, 0, 0, 0, 0, 0] } }),
      /poses as pixels.*1 x 1/s,
    ],
    ["a cut extrinsic", top({ extrinsic: [1, 2] }), /extrinsic.*16 numbers/],
    ["a pose that is no number", { pose: new Array(16).fill(Number.NaN) }, /pose of a frame.*16 numbers/],
  ])("name range images with %s", async (_what, more, message) => {
    const { source } = await open([frame(0, more)]);
    const error = await userError(() => source.readSweep("train", ID));
    expect(error.message).toMatch(message);
    expect(error.facts.where).toMatch(/a\.tfrecord/);
  });

  it("name a laser without calibration, and labels without a box or a type", async () => {
    const sound = frame(0);
    const other = Buffer.from(sound);
    // The number of the front laser's calibration, found by its minimum that stands behind it.
    const limit = Buffer.alloc(8);
    limit.writeDoubleLE(-0.5);
    const at = other.indexOf(limit) - 2;
    expect(other[at]).toBe(2);
    other[at] = 5;
    const spoiled = await open([other]);
    await expect(spoiled.source.readSweep("train", ID)).rejects.toThrow(/laser front has no calibration/);
    const { source } = await open([frame(0, { labels: [{ box: [], type: 9 }] })]);
    await expect(source.readBoxes("train", ID)).rejects.toThrow(/no type that is known/);
  });

  it("say what is wrong with a file, whatever is", async () => {
    const file = frame(0);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = file.slice();
        damaged[at] ^= change;
        try {
          const { source, info } = await open([damaged]);
          for (const id of info.splits.train) {
            await source.readSweep("train", id);
            await source.readBoxes("train", id);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 100 },
    );
  });
});

const real = realData("waymo");
describe.skipIf(real === undefined)("real frames of Waymo", () => {
  it("have the boxes that an independent program counts, by class and level", async () => {
    const source = await waymo.openSweeps!(real!);
    const counts: Record<string, number[]> = {};
    const [id] = source.splits.train.filter((each) => each.includes("1553735853462203"));
    const boxes = await source.readBoxes("train", id);
    for (const { class: name, level, points = 0 } of boxes) {
      counts[name] ??= [0, 0, 0];
      counts[name][points === 0 ? 2 : level === 2 || points <= 5 ? 1 : 0]++;
    }
    expect(boxes).toHaveLength(75);
    expect(counts).toEqual({
      vehicle: [25, 12, 0],
      pedestrian: [10, 2, 0],
      sign: [19, 4, 2],
      cyclist: [1, 0, 0],
    });
    const ranges = [0, 0, 0];
    for (const { class: name, centre } of boxes) {
      const far = Math.hypot(...centre);
      if (name === "vehicle") ranges[far < 30 ? 0 : far < 50 ? 1 : 2]++;
    }
    expect(ranges).toEqual([16, 11, 10]);
    expect(boxes[0]).toMatchObject({ class: "sign", track: "-uZgRjAOvgiK1-0dUx_4Sg", points: 46 });
    expect(boxes[0].size).toEqual([0.12923822353497522, 0.5820897280943128, 0.539999999999992]);
  });

  it("stand in the front camera's picture where the official program projects them", async () => {
    const source = await waymo.openSweeps!(real!);
    const [id] = source.splits.train.filter((each) => each.includes("1553735853462203"));
    const view = (await source.readView!("train", id))!;
    expect([view.width, view.height]).toEqual([1920, 1280]);
    expect(await readPhoto(view.image!)).toMatchObject({ width: 1920, height: 1280 });
    const boxes = await source.readBoxes("train", id);
    // Of the frame's `projected_lidar_labels` of that camera: centre and extent of each box in the picture.
    for (const [track, x, y, across, down] of [
      ["-zRacoa4APhIbgKYpgbiDQ", 474.276, 938.401, 296.034, 408.411],
      ["1AWbv02zSxVMDWy29bhytw", 1197.386, 614.823, 323.9, 139.855],
      ["2g5bmO0Ima-X3Ru03wmIGw", 501.018, 640.176, 51.578, 41.091],
    ] as const) {
      const { left, right, top, bottom } = extentSeen(boxes.find((box) => box.track === track)!, view)!;
      // The lens distorts, and the vehicle drives on while the picture is taken.
      const far = Math.hypot((left + right) / 2 - x, (top + bottom) / 2 - y);
      expect(far).toBeLessThan(20);
      expect(Math.abs(right - left - across)).toBeLessThan(0.1 * across + 5);
      expect(Math.abs(bottom - top - down)).toBeLessThan(0.1 * down + 5);
    }
  });

  it("have no points, which is said, and stand where their poses say", async () => {
    const source = await waymo.openSweeps!(real!);
    const ids = source.splits.train;
    expect(ids).toHaveLength(2);
    expect(source.passedOver![0]).toMatchObject({ code: "data.no-points", count: 2 });
    expect(source.passedOver![0].message).toContain("93 boxes");
    for (const id of ids) {
      const { points, pose } = await source.readSweep("train", id);
      expect(points).toHaveLength(0);
      expect(Math.hypot(...pose!.position)).toBeGreaterThan(100);
    }
    const places = await Promise.all(
      ids.map(async (id) => (await source.readSweep("train", id)).pose!.position),
    );
    expect(places).toContainEqual([-25211.25891195526, 42391.08132860608, -160.618]);
  });
});
