import { existsSync, statSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readRaster } from "../../../src/data/files/raster.js";
import { openFolder } from "../../../src/data/folder.js";
import { openDataset } from "../../../src/data/formats/index.js";
import { clipsOf } from "../../../src/data/loading/clips.js";
import { type WriteWorldOptions, writeWorld } from "../../../src/data/synthesis/write.js";
import { videoOf } from "../../../src/data/synthesis/write-sample.js";
import { UNFINISHED } from "../../../src/disk/filled-folder.js";
import { ROW_LENGTH } from "../../../src/tasks/boxes3d/rows.js";
import { lidarByName, worldByName } from "../../../src/worlds/index.js";
import { rooms } from "../../../src/worlds/rooms/index.js";
import { streets } from "../../../src/worlds/streets/index.js";
import { temporaryFolder, writeFiles } from "../../helpers/dataset.js";
import { sameBits, take } from "../../helpers/frames.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** Threads run the build; it takes part only where it is there and not older than the sources. */
const built = join(root, "dist/data/synthesis/write-worker.js");

async function buildIsFresh(): Promise<boolean> {
  if (!existsSync(built)) return false;
  const sources = await readdir(join(root, "src"), { recursive: true, withFileTypes: true });
  const files = sources.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.every((file) => statSync(file).mtimeMs <= statSync(built).mtimeMs);
}

function options(out: string): WriteWorldOptions {
  return { world: rooms, out, splits: { train: 3, val: 2, test: 0 }, size: [24, 32], seed: 5 };
}

async function contents(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files
    .sort()
    .map(async (file) => [file.slice(folder.length), await readFile(file, "base64")] as const);
  return new Map(await Promise.all(read));
}

describe("writeWorld", () => {
  it("writes what the dataset folder reads back: every sample with every label", async () => {
    const out = await temporaryFolder();
    const progress: number[] = [];
    expect(await writeWorld({ ...options(out), onProgress: (done) => progress.push(done) })).toBe(5);
    expect(progress).toEqual([1, 2, 3, 4, 5]);
    expect((await readdir(out)).sort()).toEqual(["dataset.yaml", "train", "val"]);

    const dataset = await openFolder(out);
    expect(dataset.info.splits).toEqual({ train: ["000000", "000001", "000002"], val: ["000000", "000001"] });
    expect(dataset.info.tasks).toEqual(rooms.tasks);
    const tasks = Object.keys(rooms.tasks);
    const sample = await dataset.read("val", "000001", tasks);
    const { image, labels, camera } = rooms.render(5, "val", 1, 24, 32);
    const area = 24 * 32;
    expect(sample.camera?.fx).toBeCloseTo(camera.fx, 6);
    for (let i = 0; i < 3 * area; i++) {
      expect(Math.round(255 * sample.image[(i % 3) * area + Math.floor(i / 3)])).toBe(image.data[i]);
    }
    // What an 8-bit class, a 16-bit millimetre, an 8-bit direction and an 8-bit share can hold.
    const tolerance: Record<string, number> = { segmentation: 0, depth: 0.000501, normals: 0.012 };
    const share = 0.5 / 255 + 1e-6;
    for (const task of tasks) {
      const off = sample.labels[task].data.map((value, i) => Math.abs(value - labels[task].data[i]));
      expect(Math.max(...off), task).toBeLessThanOrEqual(tolerance[task] ?? share);
      expect(sample.labels[task].valid).toEqual(labels[task].valid);
    }
  });

  it("writes snippets whose frames, times, cameras and poses the folder reads back as clips", async () => {
    const out = await temporaryFolder();
    const size = [24, 48] as const;
    const video = { ...options(out), world: streets, size, splits: { train: 2, test: 1 }, video: 3 };
    const progress: number[] = [];
    expect(await writeWorld({ ...video, onProgress: (done) => progress.push(done) })).toBe(9);
    expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);

    const dataset = await openFolder(out);
    expect(dataset.passedOver).toEqual([]);
    expect(dataset.description.extras).toEqual(["instances", "boxes", "flow", "motion"]);
    const ids = ["000001-000000", "000001-000001", "000001-000002"];
    expect(dataset.info.splits.train.slice(3)).toEqual(ids);
    expect(clipsOf(dataset, "train", { count: 2, step: 1 })).toHaveLength(4);
    expect(clipsOf(dataset, "train", { count: 3, step: 1 })[1]).toEqual(ids);
    expect(dataset.info.sequences?.train[1].timestamps).toEqual([0, 0.1, 0.2]);
    const frames = take(streets.video!.frames(5, "train", 1, ...size), 3);
    for (const [i, { pose, labels, camera }] of frames.entries()) {
      const sample = await dataset.read("train", ids[i], ["depth", "segmentation"]);
      expect(sample.pose).toEqual(pose);
      expect(sample.camera?.fx).toBeCloseTo(camera.fx, 6);
      expect(sample.labels.segmentation.data).toEqual(labels.segmentation.data);
      expect(sample.labels.depth.valid).toEqual(labels.depth.valid);
      const off = sample.labels.depth.data.map((metres, at) => Math.abs(metres - labels.depth.data[at]));
      expect(Math.max(...off)).toBeLessThan(0.5 / 256 + 1e-4);
    }
  });

  it("writes beside the labels what no task reads: instances, boxes, flow and object motion, all exact", async () => {
    const out = await temporaryFolder();
    const size = [24, 48] as const;
    await writeWorld({ ...options(out), world: streets, size, splits: { train: 1 }, video: 2 });
    const [{ instances, boxes, motion }] = take(streets.video!.frames(5, "train", 0, ...size), 1);
    const file = (folder: string, extension: string) =>
      join(out, `train/${folder}/000000-000000.${extension}`);
    const numbers = await readRaster(file("instances", "png"));
    expect([...numbers.data]).toEqual([...instances]);
    expect(JSON.parse(await readFile(file("boxes", "json"), "utf8"))).toEqual(
      JSON.parse(JSON.stringify(boxes)),
    );
    const area = size[0] * size[1];
    const [flow, moved] = [await readRaster(file("flow", "npy")), await readRaster(file("motion", "npy"))];
    expect([flow.channels, moved.channels]).toEqual([3, 3]);
    for (let i = 0; i < area; i++) {
      const known = motion!.flow.valid[i] === 1;
      expect(flow.data[3 * i]).toBe(known ? motion!.flow.data[i] : Number.NaN);
      expect(flow.data[3 * i + 1]).toBe(known ? motion!.flow.data[area + i] : Number.NaN);
      expect(flow.data[3 * i + 2]).toBe(motion!.visible[i]);
      for (let c = 0; c < 3; c++) expect(moved.data[3 * i + c]).toBe(motion!.motion.data[c * area + i]);
    }
  });

  it("writes the sweeps of a LiDAR sensor with their boxes, where asked", async () => {
    const [moving, single] = [await temporaryFolder(), await temporaryFolder()];
    const settings = { world: streets, size: [16, 32] as const, splits: { train: 1 }, lidar: "hdl-32e" };
    await writeWorld({ ...options(moving), ...settings, video: 2 });
    await writeWorld({ ...options(single), ...settings });
    const frames = take(streets.lidar!.sweeps(5, "train", 0, lidarByName("hdl-32e")), 2);
    const read = async (out: string, id: string) => {
      const bytes = await readFile(join(out, `train/lidar/${id}.bin`));
      const points = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
      return { points, boxes: JSON.parse(await readFile(join(out, `train/lidar-boxes/${id}.json`), "utf8")) };
    };
    const files = [
      await read(moving, "000000-000000"),
      await read(moving, "000000-000001"),
      await read(single, "000000"),
    ];
    for (const [i, frame] of [0, 1, 0].entries()) {
      const { sweep, pose, boxes } = frames[frame];
      expect(sameBits(Float32Array.from(files[i].points), sweep.points)).toBe(true);
      expect(files[i].boxes).toEqual(JSON.parse(JSON.stringify({ pose, boxes })));
    }
    const { description } = await openFolder(single);
    expect(description.extras).toEqual(["instances", "boxes", "lidar", "lidar-boxes"]);
    // A model of point clouds reads the folder as it is.
    const sweeps = {
      grid: { x: [-20, 20], y: [-20, 20], z: [-3, 2], cell: 0.5 },
      frames: 2,
      step: 1,
    } as const;
    const dataset = await openDataset({ format: "folder", path: moving, sweeps });
    expect(dataset.info.tasks.boxes).toMatchObject({ detect: { vehicle: { of: ["car"], z: -1.04 } } });
    const sample = await dataset.read("train", "000000-000001", ["boxes"]);
    expect([sample.sweep!.frames.length, sample.labels.boxes.channels]).toEqual([2, ROW_LENGTH]);
    const refused = await temporaryFolder();
    await expect(writeWorld({ ...options(refused), world: rooms, lidar: "hdl-32e" })).rejects.toThrow(
      /no LiDAR/,
    );
    await expect(writeWorld({ ...options(refused), ...settings, lidar: "sonar" })).rejects.toThrow(/sonar/);
  });

  it("writes still images with their instances, in another style too, and without extras where asked", async () => {
    const [plain, bare] = [await temporaryFolder(), await temporaryFolder()];
    const splits = { train: 1 };
    await writeWorld({ ...options(plain), splits, style: "plain" });
    const { description, read } = await openFolder(plain);
    expect([description.name, description.extras]).toEqual(["rooms-plain-5", ["instances"]]);
    const { image } = worldByName("rooms", "plain").render(5, "train", 0, 24, 32);
    const sample = await read("train", "000000", []);
    const red = image.data.filter((_, i) => i % 3 === 0);
    expect([...sample.image.subarray(0, red.length)].map((value) => Math.round(255 * value))).toEqual([
      ...red,
    ]);
    await writeWorld({ ...options(bare), splits, extras: false });
    expect((await readdir(join(bare, "train"))).sort()).toEqual(
      [...Object.keys(rooms.tasks), "image"].sort(),
    );
  });

  it("refuses styles that a world does not have, and video of one that does not move", async () => {
    const out = await temporaryFolder();
    await expect(writeWorld({ ...options(out), style: "oils", video: 2 })).rejects.toThrow("photo or plain");
    expect(() => videoOf({ ...rooms, video: undefined })).toThrow("the world rooms does not move");
    expect(await readdir(out)).toEqual([]);
  });

  it("takes everything back when it fails", async () => {
    const parent = await temporaryFolder();
    const stop = new Error("stop");
    const onProgress = (done: number) => {
      if (done === 2) throw stop;
    };
    for (const out of [parent, join(parent, "new/folder")]) {
      await expect(writeWorld({ ...options(out), onProgress })).rejects.toBe(stop);
      expect(await readdir(parent)).toEqual([]);
    }
  });

  it("starts over where a killed process left off, and ends with the same files", async () => {
    const [whole, broken] = [await temporaryFolder(), await temporaryFolder()];
    await writeWorld(options(whole));
    const { world, splits, size, seed } = options(broken);
    await writeFiles(broken, {
      [UNFINISHED]: `${JSON.stringify({ world: world.name, splits, size, seed })}\n`,
      "train/image/000000.png": "half a picture",
    });
    await expect(openFolder(broken)).rejects.toThrow("dataset.yaml");
    await expect(writeWorld({ ...options(broken), seed: 6 })).rejects.toThrow(
      "unfinished dataset with other settings",
    );
    await writeWorld(options(broken));
    expect(await contents(broken)).toEqual(await contents(whole));
  });

  it("leaves other people's folders and finished data sets alone", async () => {
    const out = await temporaryFolder();
    await writeFile(join(out, "notes.txt"), "mine");
    await expect(writeWorld(options(out))).rejects.toThrow("not empty");
    await rm(join(out, "notes.txt"));
    await writeWorld({ ...options(out), splits: { train: 1 } });
    await expect(writeWorld(options(out))).rejects.toThrow("already holds a dataset");
  });

  it("refuses sizes and counts that are no whole numbers, and an empty data set", async () => {
    const out = await temporaryFolder();
    for (const wrong of [
      { size: [24, 0] as const },
      { splits: { train: 1.5 } },
      { splits: { train: 0 } },
      { video: 0 },
    ]) {
      await expect(writeWorld({ ...options(out), ...wrong })).rejects.toThrow("positive whole numbers");
    }
    expect(await readdir(out)).toEqual([]);
  });

  it("writes the same files from threads", async (context) => {
    if (!(await buildIsFresh())) context.skip("the build is missing or older than the sources");
    const [alone, threads] = [await temporaryFolder(), await temporaryFolder()];
    await writeWorld({ ...options(alone), workers: 0 });
    let done = 0;
    await writeWorld({ ...options(threads), workers: 3, onProgress: () => done++ });
    expect(done).toBe(5);
    expect(await contents(threads)).toEqual(await contents(alone));
    const [one, two] = [await temporaryFolder(), await temporaryFolder()];
    await writeWorld({ ...options(one), world: streets, video: 2, workers: 0 });
    await writeWorld({ ...options(two), world: streets, video: 2, workers: 2 });
    expect(await contents(two)).toEqual(await contents(one));
  });
});
