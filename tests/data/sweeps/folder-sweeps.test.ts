import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { datasetText } from "../../../src/cli/dataset-text.js";
import { UserError } from "../../../src/common/errors.js";
import { openDataset } from "../../../src/data/formats/index.js";
import { inspectDataset } from "../../../src/data/inspect.js";
import { parseBoxesFile } from "../../../src/data/sweeps/folder-sweeps.js";
import { readPoints } from "../../../src/data/sweeps/points-file.js";
import { soundBoxes } from "../../../src/data/sweeps/sound-boxes.js";
import type { SweepDataset } from "../../../src/data/sweeps/sweep-dataset.js";
import { labelledBoxes } from "../../../src/tasks/boxes3d/rows.js";
import type { BoxesSpec } from "../../../src/tasks/boxes3d/spec.js";
import { scratchFolder } from "../../helpers/folder.js";
import { car, carsAt, GRID, pointBytes, writeSweeps } from "../../helpers/sweeps.js";

const PLAN = { grid: GRID, frames: 1, step: 1 };

function project(frames = 1, splits = { train: 2, val: 1 }) {
  const path = scratchFolder();
  writeSweeps(path, splits, frames);
  return path;
}

const open = (path: string, plan: object = {}) =>
  openDataset({ format: "folder", path, sweeps: { ...PLAN, ...plan } }) as Promise<SweepDataset>;

describe("a folder of sweeps", () => {
  it("is a dataset of pictures from above with boxes", async () => {
    const dataset = await open(project());
    expect(dataset.info.splits).toEqual({ train: ["0-0", "1-0"], val: ["0-0"] });
    const sample = await dataset.read("train", "0-0", ["boxes"]);
    expect([sample.height, sample.width, sample.image.length]).toEqual([16, 16, 768]);
    const spec = dataset.info.tasks.boxes as BoxesSpec;
    const found = labelledBoxes(sample.labels.boxes, spec).map(({ box }) => box.centre);
    const expected = carsAt(0, 0).map(({ centre }) => centre);
    for (const centre of expected) {
      expect(found.some((each) => Math.hypot(each[0] - centre[0], each[1] - centre[1]) < 1e-4)).toBe(true);
    }
    // Where a car stands the picture is not black, where nothing is it is.
    const [x, y] = expected[0];
    const lit = (15 - Math.floor(x)) * 16 + (15 - Math.floor(y + 8));
    expect(sample.image[lit]).toBeGreaterThan(0);
    expect((await dataset.read("train", "0-0", [])).labels).toEqual({});
  });

  it("brings earlier sweeps and their boxes to where the sensor stands now", async () => {
    const dataset = await open(project(5), { frames: 2, step: 3 });
    expect(dataset.info.splits.train).toEqual(["0-3", "0-4", "1-3", "1-4"]);
    const sample = await dataset.read("train", "0-4", ["boxes"]);
    const earlier = await dataset.source.readSweep("train", "0-1");
    expect(sample.sweep!.frames).toHaveLength(2);
    expect(sample.sweep!.frames[1][0]).toBeCloseTo(earlier.points[0] - 0.6, 5);
    expect(sample.sweep!.frames[1][1]).toBeCloseTo(earlier.points[1], 5);
    const spec = dataset.info.tasks.boxes as BoxesSpec;
    const at = (frame: number) =>
      labelledBoxes(sample.labels.boxes, spec, frame).map(({ box }) => box.centre[0]);
    expect(Math.min(...at(1))).toBeCloseTo(Math.min(...carsAt(0, 1).map(({ centre }) => centre[0])) - 0.6, 4);
    expect(Math.min(...at(0))).toBeCloseTo(Math.min(...carsAt(0, 4).map(({ centre }) => centre[0])), 4);
  });

  it("without boxes for a sweep is not labelled there, and boxes without a sweep are named", async () => {
    const path = project();
    rmSync(join(path, "train/lidar-boxes/1-0.json"));
    writeFileSync(join(path, "train/lidar-boxes/9-9.json"), JSON.stringify({ boxes: [] }));
    const dataset = await open(path);
    expect(await dataset.labelledTasks("train", "1-0")).toEqual([]);
    expect((await dataset.read("train", "1-0", ["boxes"])).labels).toEqual({});
    expect(dataset.passedOver![0].message).toMatch(
      /9-9.json: boxes passed over of 1 sweep, train.9-9: there is no sweep/,
    );
  });

  it("reads empty sweeps, NaN points, boxes of no size or beyond the grid, never a crash", async () => {
    const path = project();
    writeFileSync(join(path, "train/lidar/0-0.bin"), new Uint8Array());
    writeFileSync(
      join(path, "train/lidar/1-0.bin"),
      pointBytes(Float32Array.of(Number.NaN, 1, 0, 1, 5, 1, 0, 1)),
    );
    const boxes = [
      { class: "car", ...car(5, 1, 0), size: [4, 0, 1] },
      { class: "car", ...car(500, 1, 0) },
      { class: "car", ...car(5, 1, 0) },
    ];
    writeFileSync(join(path, "train/lidar-boxes/1-0.json"), JSON.stringify({ boxes }));
    const dataset = await open(path);
    const spec = dataset.info.tasks.boxes as BoxesSpec;
    const empty = await dataset.read("train", "0-0", ["boxes"]);
    expect(empty.image.every((value) => value === 0)).toBe(true);
    const odd = await dataset.read("train", "1-0", ["boxes"]);
    // One of the two points is none; the other lies in the box.
    expect(labelledBoxes(odd.labels.boxes, spec)).toMatchObject([{ box: { centre: [5, 1, -1] } }]);
    expect(soundBoxes(boxes as never, GRID, 5)).toMatchObject({ sizeless: 1, outside: 1, tooMany: 0 });
    expect(soundBoxes([boxes[2], boxes[2], boxes[2]] as never, GRID, 2)).toMatchObject({ tooMany: 1 });
  });

  it.each([
    [
      "no sweeps under sweeps",
      (path: string) => writeFileSync(join(path, "dataset.yaml"), "{name: a, tasks: {}}"),
      /names none.*sweeps/s,
    ],
    [
      "a file of parts of points",
      (path: string) => writeFileSync(join(path, "train/lidar/0-0.bin"), "abc"),
      /whole points.*multiple of 16/s,
    ],
    [
      "boxes that are no JSON",
      (path: string) => writeFileSync(join(path, "train/lidar-boxes/0-0.json"), "{"),
      /0-0.json.*not JSON/s,
    ],
    [
      "boxes of another class",
      (path: string) =>
        writeFileSync(
          join(path, "train/lidar-boxes/0-0.json"),
          JSON.stringify({ boxes: [{ class: "tram", ...car(1, 1, 0) }] }),
        ),
      /class that dataset.yaml does not name.*car, person.*tram/s,
    ],
    [
      "a split without sweeps",
      (path: string) => rmSync(join(path, "val/lidar"), { recursive: true }),
      /split val has no sweeps/,
    ],
  ])("names %s", async (_what, spoil, message) => {
    const path = project();
    spoil(path);
    const reading = async () => (await open(path)).read("train", "0-0", ["boxes"]);
    await expect(reading()).rejects.toThrow(message);
    await expect(reading()).rejects.toBeInstanceOf(UserError);
  });

  it("names sequences that are too short, and poses that are missing", async () => {
    const path = project(3);
    await expect(open(path, { frames: 3, step: 5 })).rejects.toThrow(
      /earlier ones.*at least 11 sweeps.*frames: 1/s,
    );
    writeFileSync(join(path, "train/lidar-boxes/0-1.json"), JSON.stringify({ boxes: [] }));
    const dataset = await open(path, { frames: 2, step: 1 });
    await expect(dataset.read("train", "0-2", [])).rejects.toThrow(/where the sensor stood/);
  });
});

it("inspect says how many points and boxes there are, and what is left out and why", async () => {
  const path = project();
  const good = carsAt(0, 0).map((box) => ({ class: "car", ...box }));
  const boxes = [
    ...good,
    { class: "person", ...car(5, 1, 0), size: [0, 1, 1] },
    { class: "car", ...car(99, 1, 0) },
  ];
  writeFileSync(join(path, "train/lidar-boxes/0-0.json"), JSON.stringify({ boxes }));
  const nan = Float32Array.of(Number.NaN, 1, 0, 1, 5, 1, 0, 1);
  writeFileSync(join(path, "train/lidar/1-0.bin"), pointBytes(nan));
  writeFileSync(join(path, "train/lidar/0-0.bin"), pointBytes(new Float32Array(4 * 30).fill(1)));
  writeFileSync(join(path, "val/lidar/0-0.bin"), new Uint8Array());
  const report = await inspectDataset({ format: "folder", path, sweeps: PLAN });
  expect(report.sweeps).toMatchObject({
    sweeps: 3,
    empty: 1,
    points: 32,
    notFinite: 1,
    crowded: 10,
    pillars: 2,
  });
  expect(report.sweeps).toMatchObject({ boxes: 8, sizeless: 1, boxesOutside: 1, classes: { car: 6 } });
  const said = report.causes.map(({ message }) => message).join("; ");
  for (const part of [
    "1 have no point in the grid",
    "1 points are no numbers",
    "more than the 20 of their pillar",
    "1 of 8 boxes have no size",
    "1 of 8 boxes stand outside",
  ]) {
    expect(said).toContain(part);
  }
  expect(report.badFiles).toEqual([]);
  const text = datasetText(report);
  expect(text).toMatch(/sweeps: 3, .*boxes in the grid: car 6/s);
  // Sizes, distances and points by class in the place of ranges of a label's numbers.
  const { car: cars } = report.sweeps!.measures;
  const spread = { min: 4, max: 4, mean: 4 };
  expect(cars).toMatchObject({ boxes: 6, length: spread });
  // Four of them say that they hold 60 points; the file of the other two now has points that lie elsewhere.
  expect(cars.points).toEqual({ min: 0, max: 60, mean: 40 });
  expect(cars.distance.min).toBeGreaterThan(3);
  expect(cars.distance.max).toBeLessThan(16);
  expect(report.tasks.boxes).toMatchObject({ values: null, validShare: null });
  expect(text).toMatch(/boxes +length +width +height +distance +points/);
  expect(text).toMatch(/car +4 to 4 \(4\) +2 to 2 \(2\) +1.5 to 1.5 \(1.5\)/);
});

describe("readers take any bytes for what they are", () => {
  it("files of points", async () => {
    const path = scratchFolder();
    mkdirSync(path, { recursive: true });
    let files = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 4, max: 6 }),
        async (bytes, stride) => {
          const file = join(path, `${files++}.bin`);
          writeFileSync(file, bytes);
          const reading = readPoints(file, { stride });
          if (bytes.length % (4 * stride) === 0) expect(await reading).toHaveLength(bytes.length / stride);
          else await expect(reading).rejects.toBeInstanceOf(UserError);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("files of boxes", () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((boxes) => `{"boxes": [${boxes}]}`),
    );
    fc.assert(
      fc.property(text, (content) => {
        try {
          expect(parseBoxesFile(content, "b.json", ["car"]).boxes).toBeInstanceOf(Array);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
    );
  });
});
