import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodePng } from "../../src/data/files/png.js";
import { decodeModel } from "../../src/graph/onnx.js";
import { evaluateRun, exportModel, findRun, type RunPaths, train } from "../../src/training/index.js";
import { meanColours } from "../../src/training/kept-data.js";
import { parseMetadata } from "../../src/training/model-metadata.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { editTasks, tinyConfig, writeTiny } from "../helpers/tiny.js";

interface Trained {
  readonly folder: string;
  readonly run: RunPaths;
}

async function trained(...overrides: string[]): Promise<Trained> {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  await train({ config: tinyConfig(folder, "steps=1", ...overrides), folder: join(folder, "run") });
  return { folder, run: findRun(join(folder, "run")) };
}

async function metadataOf(run: RunPaths): Promise<ReturnType<typeof parseMetadata>> {
  return parseMetadata(decodeModel(await exportModel(run)).metadataProps, "model");
}

async function resumed(folder: string, ...overrides: string[]): Promise<string[]> {
  const said: string[] = [];
  const config = tinyConfig(folder, "steps=2", ...overrides);
  await train({ config, folder: join(folder, "run"), resume: true, log: (line) => said.push(line) });
  return said;
}

describe("a run without its data", () => {
  test("is exported as it was trained, and measured on other data", async () => {
    const { folder, run } = await trained();
    renameSync(join(folder, "data"), join(folder, "moved"));
    expect((await metadataOf(run)).size).toEqual([32, 32]);
    const { metrics, images } = await evaluateRun(run, { data: join(folder, "moved"), split: "val" });
    expect(images).toBe(3);
    expect(Object.keys(metrics)).toEqual(["segmentation", "depth", "normals"]);
    const { facts } = await userError(() => evaluateRun(run, { split: "val" }));
    expect(facts).toMatchObject({ code: "data.moved", where: join(folder, "data") });
  });

  test("keeps its class names whatever dataset.yaml says later; measuring by others is refused", async () => {
    const { folder, run } = await trained();
    editTasks(join(folder, "data"), ({ segmentation }) => {
      segmentation.classes = ["right", "left", "disc"];
    });
    const { tasks } = await metadataOf(run);
    expect(tasks[0].spec).toMatchObject({ classes: ["left", "right", "disc"] });
    const { facts } = await userError(() => evaluateRun(run, { split: "val" }));
    expect(facts.code).toBe("data.other-task");
    expect(facts.expected).toContain("left, right, disc");
    expect(facts.got).toContain("right, left, disc");
  });

  test("draws no world again where only the run is needed", async () => {
    const folder = scratchFolder();
    process.env.TASKLOOM_CACHE = join(folder, "cache");
    try {
      const world = "data={world: rooms, train: 2, val: 1, test: 1, size: [32, 32]}";
      const labels = "labels={scenario: full}";
      await train({ config: tinyConfig(folder, "steps=1", world, labels), folder: join(folder, "run") });
      rmSync(join(folder, "cache"), { recursive: true });
      expect((await metadataOf(findRun(join(folder, "run")))).size).toEqual([32, 32]);
      expect(existsSync(join(folder, "cache"))).toBe(false);
    } finally {
      delete process.env.TASKLOOM_CACHE;
    }
  });
});

describe("a run that is resumed", () => {
  test("takes its data from another place", async () => {
    const { folder } = await trained();
    renameSync(join(folder, "data"), join(folder, "moved"));
    expect(await resumed(folder, "data.path=moved")).toEqual([]);
  });

  test("names what its data's description says otherwise", async () => {
    const { folder } = await trained();
    editTasks(join(folder, "data"), ({ depth, segmentation }) => {
      depth.scale = 0.002;
      segmentation.classes = ["left", "wall", "disc"];
    });
    const { facts } = await userError(() => resumed(folder));
    expect(facts.code).toBe("data.changed");
    expect(facts.got).toContain("tasks.depth.scale: 0.002 (was 0.001)");
    expect(facts.got).toContain('tasks.segmentation.classes.1: "wall" (was "right")');
  });

  test("refuses other images of the same names, and tells of single ones and of splits that changed", async () => {
    const { folder } = await trained();
    const grey = encodePng({ width: 32, height: 32, channels: 3, data: new Uint8Array(3072).fill(30) });
    const images = readdirSync(join(folder, "data/train/image"));
    cpSync(join(folder, "data"), join(folder, "other"), { recursive: true });
    for (const split of ["train", "val", "test"]) {
      for (const name of readdirSync(join(folder, "other", split, "image"))) {
        writeFileSync(join(folder, "other", split, "image", name), grey);
      }
    }
    expect((await userError(() => resumed(folder, "data.path=other"))).facts).toMatchObject({
      code: "data.changed",
      got: expect.stringMatching(/^12 of 12 images looked at, e\.g\. (train|val|test)\//),
    });
    writeFileSync(join(folder, "data/train/image", images[0]), grey);
    rmSync(join(folder, "data/val/image/val-1.png"));
    const said = (await resumed(folder)).join("\n");
    expect(said).toContain(`train/${images[0].replace(".png", "")} does not look as it did`);
    expect(said).toContain("split val holds other images than before: 2, then 3.");
  });

  test("is another run where a kind of data changed that is no place", async () => {
    const { folder } = await trained();
    const { facts } = await userError(() => resumed(folder, "data={path: data, size: [64, 64]}"));
    expect(facts.what).toContain("data.size");
  });
});

describe("a start that fails", () => {
  test("leaves neither files nor the folders made for it, whatever was there before", async () => {
    const folder = scratchFolder();
    await writeTiny(join(folder, "data"));
    const config = tinyConfig(folder, "runtime.provider=cuda");
    await userError(() => train({ config, folder: join(folder, "runs/deep/first") }));
    expect(existsSync(join(folder, "runs"))).toBe(false);
    mkdirSync(join(folder, "empty"));
    await userError(() => train({ config, folder: join(folder, "empty") }));
    expect(readdirSync(join(folder, "empty"))).toEqual([]);
    await train({ config: tinyConfig(folder, "steps=1"), folder: join(folder, "empty") });
  });

  test("takes nothing from a run that it was to go on with", async () => {
    const { folder, run } = await trained();
    const before = readdirSync(run.folder);
    await userError(() => resumed(folder, "runtime.provider=cuda"));
    expect(readdirSync(run.folder)).toEqual(before);
  });
});

test("the size of a run without `data.size` is that of its training images", async () => {
  const { run } = await trained("data={path: data}");
  expect(JSON.parse(readFileSync(run.data, "utf8")).size).toEqual([32, 32]);
  writeFileSync(run.data, "{}");
  expect((await userError(() => exportModel(run))).facts.code).toBe("run.damaged-data-file");
});

test("mean colours are those of nine fields", () => {
  const [height, width] = [6, 9];
  const data = new Float32Array(3 * height * width);
  // Red grows by column of fields, green by row, blue is level.
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[y * width + x] = Math.floor(x / 3) / 2;
      data[(height + y) * width + x] = Math.floor(y / 2) / 2;
      data[(2 * height + y) * width + x] = 0.2;
    }
  }
  const means = meanColours({ data, height, width });
  for (let field = 0; field < 9; field++) {
    const expected = [127.5 * (field % 3), 127.5 * Math.floor(field / 3), 51];
    for (const [c, value] of expected.entries()) expect(means[3 * field + c]).toBeCloseTo(value, 1);
  }
  // Smaller than the fields.
  expect(meanColours({ data: new Float32Array(3), height: 1, width: 1 })).toHaveLength(27);
});
