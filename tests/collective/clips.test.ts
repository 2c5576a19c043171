/** @file What a user gets wrong about the sequences that a collective's mediator sees. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { readCollective, trainCollective } from "../../src/collective/index.js";
import { encodePng } from "../../src/data/files/png.js";
import { scratchFolder, userError } from "../helpers/folder.js";

let folder: string;
beforeEach(() => {
  folder = scratchFolder();
});

const CAMERA = { fx: 30, fy: 30, cx: 15.5, cy: 15.5 };
const FRAMES = ["a", "b", "c", "d"];
const pose = (z: number) => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, z];

interface Given {
  readonly camera?: object;
  readonly sequences?: readonly object[];
  /** Width of frame d. */
  readonly width?: number;
  /** Whether all frames are the same picture. */
  readonly alike?: boolean;
}

/** Writes a dataset of four frames and a collective of depth and motion on it. */
async function collective({ camera = CAMERA, sequences = [{ frames: FRAMES }], width = 32, alike }: Given) {
  const data = join(folder, "data");
  for (const split of ["train", "val"]) {
    mkdirSync(join(data, split, "image"), { recursive: true });
    for (const [i, id] of FRAMES.entries()) {
      const columns = id === "d" ? width : 32;
      const pixels = Uint8Array.from({ length: 3 * 32 * columns }, (_, p) => (p * (alike ? 7 : 7 + i)) % 251);
      const png = encodePng({ width: columns, height: 32, channels: 3, data: pixels });
      writeFileSync(join(data, split, "image", `${id}.png`), png);
    }
  }
  const about = { name: "walk", splits: ["train", "val"], tasks: { depth: { kind: "depth" } } };
  const whole = { ...about, sequences: "sequences.json", ...(Object.keys(camera).length > 0 && { camera }) };
  writeFileSync(join(data, "dataset.yaml"), stringify(whole));
  writeFileSync(
    join(data, "sequences.json"),
    JSON.stringify({ train: sequences, val: [{ frames: FRAMES }] }),
  );
  const module = (task: string, model: object) => ({ tasks: [task], model, data: "none" });
  const path = join(folder, "collective.yaml");
  const config = {
    mediator: { data: { path: "data" }, frames: 2, batchSize: 1 },
    modules: {
      depth: module("depth", { name: "depth-net", width: 2 }),
      motion: module("motion", { name: "motion-net", width: 2 }),
    },
    constraints: [{ name: "photometric" }],
    steps: 1,
    ...{ evaluation: { split: null }, checkpoint: { best: null }, runtime: { threads: 1, workers: 0 } },
  };
  writeFileSync(path, stringify(config));
  return await readCollective(path);
}

describe("is one message, and nothing is written", () => {
  test.each<[string, Given, string | RegExp, RegExp]>([
    ["a camera without intrinsics", { camera: {} }, "data.no-camera", /intrinsics: true/],
    ["frames of different sizes", { width: 64 }, "data.mixed-sizes", /data\.size/],
    ["a frame that is missing", { sequences: [{ frames: ["a", "b", "e"] }] }, "data.bad-sequences", /"e"/],
    [
      "sequences that are all too short",
      { sequences: FRAMES.map((id) => ({ frames: [id] })) },
      "data.no-clips",
      /2/,
    ],
  ])("%s", async (_what, given, code, said) => {
    const config = await collective(given);
    const run = join(folder, "run");
    const error = await userError(() => trainCollective({ config, folder: run }));
    expect(error.facts.code).toBe(code);
    expect(error.message).toMatch(said);
    expect(existsSync(run)).toBe(false);
  });
});

test("a camera that stands still, frames missing between others and short sequences are warned of", async () => {
  const config = await collective({
    alike: true,
    sequences: [
      { frames: ["a", "b", "c"], timestamps: [0, 1, 9], poses: [pose(0), pose(0), pose(0)] },
      { frames: ["d"] },
    ],
  });
  const said: string[] = [];
  await trainCollective({ config, folder: join(folder, "run"), log: (message) => said.push(message) });
  const warnings = said.filter((message) => message.startsWith("warning: mediator: "));
  expect(warnings).toEqual([
    expect.stringMatching(/1 of 2 sequences have fewer than 2 frames/),
    expect.stringMatching(/1 of 2 sequences miss frames by their timestamps/),
    expect.stringMatching(/the camera does not move in 1 of 1 clips.*no minimum/),
  ]);
});
