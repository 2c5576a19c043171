import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeNpy } from "../../../src/data/files/npy.js";
import { encodePng } from "../../../src/data/files/png.js";
import { guessDepth } from "../../../src/data/starting/guess-depth.js";
import { guessMasks } from "../../../src/data/starting/guess-masks.js";
import { parseTaskSpec } from "../../../src/tasks/index.js";
import { greyPng, noisePng, temporaryFolder, userError, writeFiles } from "../../helpers/dataset.js";

const rgbPng = (colours: readonly (readonly number[])[]) =>
  encodePng({ width: colours.length, height: 1, channels: 3, data: Uint8Array.from(colours.flat()) });

async function folderOf(files: Record<string, string | Uint8Array>) {
  const folder = await temporaryFolder();
  await writeFiles(folder, files);
  const labels = Object.keys(files).filter((name) => !name.endsWith(".txt"));
  return [folder, labels.map((name) => join(folder, name))] as const;
}

describe("masks", () => {
  test.each([
    [
      "indices",
      { "a.png": greyPng(3, [0, 2, 255]) },
      { classes: ["background", "class-1", "class-2"], ignore: 255 },
    ],
    [
      "indices with names",
      { "a.png": greyPng(2, [0, 1]), "classes.txt": "wall\nfloor\n" },
      { classes: ["wall", "floor"] },
    ],
    [
      "black and white",
      { "a.png": greyPng(2, [0, 255]) },
      { classes: ["background", "object"], colours: { background: "#000000", object: "#ffffff" } },
    ],
    [
      "greys",
      { "a.png": greyPng(3, [0, 80, 160]) },
      { classes: ["background", "grey-80", "grey-160"], colours: { "grey-80": "#505050" } },
    ],
    [
      "colours",
      {
        "a.png": rgbPng([
          [0, 0, 0],
          [0, 0, 0],
          [128, 0, 0],
        ]),
      },
      { classes: ["background", "colour-800000"], colours: { background: "#000000" } },
    ],
    [
      "indices in three channels",
      {
        "a.png": rgbPng([
          [2, 2, 2],
          [0, 0, 0],
          [255, 255, 255],
        ]),
      },
      {
        classes: ["background", "class-1", "class-2"],
        colours: { background: "#000000", "class-1": "#010101", "class-2": "#020202", ignore: "#ffffff" },
      },
    ],
    [
      "CVAT's colours",
      {
        "a.png": rgbPng([
          [0, 0, 0],
          [128, 0, 0],
        ]),
        "labelmap.txt": "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncar:128,0,0::\n",
      },
      { classes: ["background", "car"], colours: { car: "#800000" } },
    ],
  ])("%s", async (_name, files, expected) => {
    const [folder, labels] = await folderOf(files);
    const { spec, reasons } = await guessMasks(folder, labels);
    expect(parseTaskSpec(spec, "segmentation")).toMatchObject({ kind: "segmentation", ...expected });
    expect(reasons.length).toBeGreaterThan(0);
  });

  test.each([
    ["a photo", { "a.png": noisePng(30, 30) }, /hold too many different values/],
    ["one value", { "a.png": rgbPng([[9, 9, 9]]) }, /all pixels are alike/],
    [
      "both kinds",
      {
        "a.png": greyPng(2, [0, 1]),
        "b.png": rgbPng([
          [0, 0, 0],
          [9, 0, 0],
        ]),
      },
      /some masks hold colours/,
    ],
    [
      "fractions",
      { "a.npy": encodeNpy({ shape: [1, 2], data: Float32Array.of(0.5, 1) }) },
      /fractions or negative/,
    ],
  ])("%s is refused", async (_name, files, message) => {
    const [folder, labels] = await folderOf(files as Record<string, Uint8Array>);
    expect((await userError(() => guessMasks(folder, labels))).message).toMatch(message);
  });
});

describe("depth", () => {
  test.each([
    ["millimetres", greyPng(3, [0, 1500, 2500], 16), 0.001, /millimetres: the median is then 2.50 m/],
    ["KITTI's", greyPng(3, [0, 5120, 25600], 16), 1 / 256, /KITTI/],
    ["a picture", greyPng(2, [10, 200]), 10 / 255, /8 bits/],
  ])("%s", async (_name, file, scale, reason) => {
    const [folder, labels] = await folderOf({ "a.png": file });
    const { spec, reasons } = await guessDepth(folder, labels);
    expect(spec).toEqual({ kind: "depth", scale });
    expect(reasons[0]).toMatch(reason);
  });

  test("floats are metres; nothing and colours are refused", async () => {
    const [folder, labels] = await folderOf({
      "a.npy": encodeNpy({ shape: [1, 2], data: Float32Array.of(1.5, 3) }),
    });
    expect((await guessDepth(folder, labels)).spec).toEqual({ kind: "depth" });
    const [empty, zeros] = await folderOf({ "a.png": greyPng(2, [0, 0], 16) });
    expect((await userError(() => guessDepth(empty, zeros))).message).toMatch(/no pixel .* has a depth/);
    const [coloured, pictures] = await folderOf({ "a.png": noisePng(2, 2) });
    expect((await userError(() => guessDepth(coloured, pictures))).message).toMatch(/picture of depth/);
  });
});
