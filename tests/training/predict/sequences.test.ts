/** @file Predictions of a model that takes two frames together. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodePng } from "../../../src/data/files/png.js";
import { resolveTasks } from "../../../src/tasks/index.js";
import { formatMetadata, parseMetadata } from "../../../src/training/model-metadata.js";
import { predictArguments } from "../../../src/training/predict/arguments.js";
import type { LoadedModel } from "../../../src/training/predict/model.js";
import { scratchFolder, userError } from "../../helpers/folder.js";

const tasks = resolveTasks({ motion: { kind: "motion" } });
const AREA = 4 * 6;

/** Goes forward by the difference of the two frames' first values times 255, metres. */
const model = {
  ...{ tasks, size: [4, 6], frames: 2, batchSize: 1 },
  predictBatch: async (clips: readonly Float32Array[]) =>
    clips.map((clip) => {
      expect(clip.length).toBe(6 * AREA);
      const data = new Float32Array(9 * AREA);
      data.fill(Math.round(255 * (clip[0] - clip[3 * AREA])), 5 * AREA, 6 * AREA);
      return { motion: { channels: 9, height: 4, width: 6, data } };
    }),
} as unknown as LoadedModel;

function picture(path: string, grey: number): void {
  const data = new Uint8Array(3 * 8 * 12).fill(grey);
  writeFileSync(path, encodePng({ width: 12, height: 8, channels: 3, data }));
}

function folderOf(frames: Readonly<Record<string, number | string>>): string {
  const folder = join(scratchFolder(), "walk");
  mkdirSync(folder);
  for (const [name, grey] of Object.entries(frames)) {
    const path = join(folder, `${name}.png`);
    if (typeof grey === "number") picture(path, grey);
    else writeFileSync(path, grey);
  }
  return folder;
}

/** The last number of each line: how far ahead the camera stands. */
const ahead = (file: string) =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => Number(line.split(" ").at(-1)));

test("the frames of a folder are a sequence: each but the last is predicted, and all come to a trajectory", async () => {
  const folder = folderOf({ "frame-2": 12, "frame-10": 15, "frame-1": 10 });
  const out = join(folder, "../out");
  const { written, courses, failed } = await predictArguments(model, [folder], out);
  expect(failed).toEqual([]);
  expect(written.map(({ image }) => image)).toEqual(["1", "2"].map((n) => join(folder, `frame-${n}.png`)));
  for (const { tasks: files } of written) expect(existsSync(files.motion.array!)).toBe(true);
  expect(courses).toEqual([join(out, "motion.trajectory.txt")]);
  expect(ahead(courses![0])).toEqual([0, 2, 5]);
  expect(readFileSync(courses![0], "utf8").split("\n")[0]).toBe("1 0 0 0 0 1 0 0 0 0 1 0");
});

test("a frame that cannot be read ends a course, and is named", async () => {
  const folder = folderOf({ a: 1, b: 3, c: "no picture", d: 10, e: 11 });
  const out = join(folder, "../out");
  const { written, courses, failed } = await predictArguments(model, [folder], out);
  expect(failed.map(({ image }) => image)).toEqual([join(folder, "c.png")]);
  expect(written).toHaveLength(2);
  expect(courses!.map(ahead)).toEqual([
    [0, 2],
    [0, 1],
  ]);
});

test("one image alone, and windows, are one message", async () => {
  const folder = folderOf({ a: 1 });
  const out = join(folder, "../out");
  const { failed } = await predictArguments(model, [folder], out);
  expect(failed[0].error.facts).toMatchObject({ code: "predict.too-few-frames", got: "1" });
  const tiled = () => predictArguments(model, [folder], out, { tiling: {} });
  expect((await userError(tiled)).facts.code).toBe("predict.tiled-frames");
});

const taken = { size: [4, 6], resize: "squash" } as const;

test("a model says how many frames it takes; one that says nothing takes one", () => {
  const listed = (properties: Record<string, string>) =>
    Object.entries(properties).map(([key, value]) => ({ key, value }));
  expect(parseMetadata(listed(formatMetadata(tasks, taken, { frames: 2 })), "m").frames).toBe(2);
  expect(parseMetadata(listed(formatMetadata(tasks, taken)), "m").frames).toBe(1);
});
