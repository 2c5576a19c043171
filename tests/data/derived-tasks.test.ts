import { expect, it } from "vitest";
import { withDerivedTasks } from "../../src/data/derived-tasks.js";
import { openSplit } from "../../src/data/evaluation-reader.js";
import { openDataset } from "../../src/data/formats/index.js";
import type { Dataset } from "../../src/data/types.js";
import { rotationOfAngles } from "../../src/geometry/rigid.js";
import { noisePng, openFiles, temporaryFolder, writeFiles } from "../helpers/dataset.js";

const YAML = "name: walk\nsplits: [train]\ntasks: {depth: {kind: depth}}\nsequences: sequences.json\n";
const pose = (angle: number, z: number) => {
  const r = rotationOfAngles([0, angle, 0]);
  return [r[0], r[1], r[2], 0, r[3], r[4], r[5], 0, r[6], r[7], r[8], z];
};
const FRAMES = ["a", "b", "c", "d"];

function files(sequences: object, width = 4): Record<string, string | Uint8Array> {
  return {
    "dataset.yaml": YAML,
    "sequences.json": JSON.stringify(sequences),
    ...Object.fromEntries(
      FRAMES.map((id, i) => [`train/image/${id}.png`, noisePng(id === "d" ? width : 4, 3, i)]),
    ),
  };
}

const WALK = {
  train: [
    { frames: ["a", "b"], poses: [pose(0, 1), pose(0.1, 3)] },
    { frames: ["c", "d"], poses: undefined },
  ],
};

it("labels each frame that has a successor with the motion of the camera to it", async () => {
  const dataset = await openFiles("folder", files(WALK));
  expect(dataset.info.derived).toEqual({ motion: { kind: "motion" } });
  expect(Object.keys(dataset.info.tasks)).toEqual(["depth"]);
  const labelled = await Promise.all(FRAMES.map((id) => dataset.labelledTasks("train", id)));
  expect(labelled).toEqual([["motion"], [], [], []]);
  const { labels, width, height } = await dataset.read("train", "a", ["motion", "depth"]);
  const { data, valid, channels } = labels.motion;
  expect([channels, width, height, valid.length]).toEqual([6, 4, 3, 12]);
  const planes = Array.from({ length: 6 }, (_, c) => [...data.slice(12 * c, 12 * c + 12)]);
  for (const plane of planes) expect(new Set(plane).size).toBe(1);
  // The second camera is turned by 0.1 about y and stands 2 m ahead: points turn back and come nearer.
  const [, b, , x, , z] = planes.map(([value]) => value);
  expect(b).toBeCloseTo(-0.1, 6);
  expect([x, z]).toEqual([expect.closeTo(2 * Math.sin(0.1), 6), expect.closeTo(-2 * Math.cos(0.1), 6)]);
  expect((await dataset.read("train", "b", ["motion"])).labels).toEqual({});
});

it("leaves datasets without sequences, and tasks of that name, as they are", () => {
  const dataset = { info: { name: "n", tasks: {}, splits: {} } } as unknown as Dataset;
  expect(withDerivedTasks(dataset)).toBe(dataset);
  const own = { info: { name: "n", tasks: { motion: { kind: "depth" } }, splits: {}, sequences: {} } };
  expect(withDerivedTasks(own as unknown as Dataset)).toBe(own);
});

it("reads as many frames together as a network takes, never over a cut", async () => {
  const path = await temporaryFolder();
  await writeFiles(path, files(WALK));
  const source = { format: "folder", path };
  const reader = await openSplit(source, "train", ["motion"], undefined, { frames: 2 });
  expect(reader.ids).toEqual(["a", "c"]);
  const dataset = await openDataset(source);
  const images = await Promise.all(FRAMES.map(async (id) => (await dataset.read("train", id, [])).image));
  const seen = [];
  for await (const { id, clip, image } of reader) {
    const at = FRAMES.indexOf(id);
    expect(image).toEqual(images[at]);
    expect([...clip]).toEqual([...images[at], ...images[at + 1]]);
    seen.push(id);
  }
  expect(seen).toEqual(reader.ids);
});

it("names a frame that is not as large as the one before, and leaves out its clip where it may", async () => {
  const path = await temporaryFolder();
  await writeFiles(path, files(WALK, 5));
  const all = async (onSkipped?: (skipped: readonly { reason: string }[]) => void) => {
    const ids = [];
    const reader = await openSplit({ format: "folder", path }, "train", [], onSkipped, { frames: 2 });
    for await (const { id } of reader) ids.push(id);
    return ids;
  };
  await expect(all()).rejects.toThrow(/train: d: .*expected 4x3.*got 5x3/s);
  const reasons: string[] = [];
  expect(await all((skipped) => reasons.push(...skipped.map(({ reason }) => reason)))).toEqual(["a"]);
  expect(reasons).toEqual([expect.stringMatching(/train: d/)]);
});
