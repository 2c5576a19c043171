import { describe, expect, it } from "vitest";
import { greyPng, noisePng, openFiles, userError } from "../../helpers/dataset.js";

/** Frames of a sequence, as the download has them. */
function sequence(name: string, count = 2): Record<string, string | Uint8Array> {
  const files: Record<string, string | Uint8Array> = {};
  for (let n = 0; n < count; n++) {
    const frame = `${name}/frame-${String(n).padStart(6, "0")}`;
    files[`${frame}.color.png`] = noisePng(3, 3, n);
    files[`${frame}.depth.png`] = greyPng(3, [0, 65535, 1000, 2000, 2000, 2000, 500, 500, 500], 16);
    files[`${frame}.pose.txt`] = "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n";
  }
  return files;
}

const HERE = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

it("reads frames in one folder: their poses, in runs that a frame left out cuts, and the camera's motion", async () => {
  const files = Object.fromEntries(
    Object.entries(sequence("frames", 10)).filter(([name]) => !/00000[1379]/.test(name)),
  );
  files["frames/frame-000004.pose.txt"] = "1 0 0 0.5\n0 1 0 0\n0 0 1 2\n0 0 0 1\n";
  const dataset = await openFiles("seven-scenes", {
    ...files,
    "splits.json": JSON.stringify({ train: [0, 2, 4, 8], val: [6] }),
  });
  const moved = [1, 0, 0, 0.5, 0, 1, 0, 0, 0, 0, 1, 2];
  expect(dataset.info.sequences).toEqual({
    train: [
      { name: "train", frames: ["000000", "000002", "000004"], poses: [HERE, HERE, moved] },
      { name: "train", frames: ["000008"], poses: [HERE] },
    ],
    val: [{ name: "val", frames: ["000006"], poses: [HERE] }],
  });
  expect((await dataset.read("train", "000004", [])).pose).toEqual({
    rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    position: [0.5, 0, 2],
  });
});

describe("7-Scenes as it is downloaded", () => {
  it("has the published splits; the last training sequence is val", async () => {
    const { info, read } = await openFiles("seven-scenes", {
      ...sequence("seq-01"),
      ...sequence("seq-02"),
      ...sequence("seq-03"),
      ...sequence("seq-04", 1),
      "TrainSplit.txt": "sequence1\r\nsequence4\r\n",
      "TestSplit.txt": "sequence2\nsequence3\n",
    });
    expect(info.splits).toEqual({
      train: ["seq-01-000000", "seq-01-000001"],
      val: ["seq-04-000000"],
      test: ["seq-02-000000", "seq-02-000001", "seq-03-000000", "seq-03-000001"],
    });
    expect(info.sequences!.test).toEqual([
      { name: "seq-02", frames: ["seq-02-000000", "seq-02-000001"], poses: [HERE, HERE] },
      { name: "seq-03", frames: ["seq-03-000000", "seq-03-000001"], poses: [HERE, HERE] },
    ]);
    const { labels, camera } = await read("test", "seq-03-000001", ["depth"]);
    expect([...labels.depth.data]).toEqual([0, 0, 1, 2, 2, 2, 0.5, 0.5, 0.5]);
    expect(camera).toEqual({ fx: 585, fy: 585, cx: 320, cy: 240 });
  });

  it("holds out runs of frames where there is one training sequence, or what validation.txt lists", async () => {
    const files = {
      ...sequence("seq-01", 81),
      ...sequence("seq-02", 1),
      "TrainSplit.txt": "sequence1",
      "TestSplit.txt": "sequence2",
    };
    const { splits } = (await openFiles("seven-scenes", files)).info;
    expect(splits.val).toEqual([72, 73, 74, 75, 76, 77, 78, 79].map((n) => `seq-01-0000${n}`));
    const own = await openFiles("seven-scenes", { ...files, "validation.txt": "seq-01-000003\n" });
    expect(own.info.splits.val).toEqual(["seq-01-000003"]);
  });

  it("is all train without split files", async () => {
    const { splits } = (await openFiles("seven-scenes", { ...sequence("seq-1"), ...sequence("seq-2", 1) }))
      .info;
    expect(splits).toEqual({ train: ["seq-1-000000", "seq-1-000001", "seq-2-000000"] });
  });

  it("says what is missing: a listed sequence, a line that names none, archives that are still packed", async () => {
    const facts = async (files: Record<string, string | Uint8Array>) =>
      (await userError(() => openFiles("seven-scenes", files))).facts;
    expect(await facts({ ...sequence("seq-01"), "TrainSplit.txt": "sequence1\nsequence9\n" })).toMatchObject({
      code: "data.missing-file",
      expected: "seq-01",
      got: '"sequence9"',
    });
    expect((await facts({ ...sequence("seq-01"), "TestSplit.txt": "all of them" })).code).toBe(
      "data.bad-splits",
    );
    expect(
      await facts({ "seq-01.zip": "x", "seq-02.zip": "x", "TrainSplit.txt": "sequence1" }),
    ).toMatchObject({
      code: "data.packed",
      fix: "Unpack the archives in this folder.",
    });
  });
});
