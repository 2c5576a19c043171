import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findInputs } from "../../../src/training/predict/inputs.js";
import { temporaryFolder, writeFiles } from "../../helpers/dataset.js";
import { userError } from "../../helpers/folder.js";

/** A folder with empty files of these names. */
async function folderOf(...names: string[]): Promise<string> {
  const root = await temporaryFolder();
  await writeFiles(root, Object.fromEntries(names.map((name) => [name, ""])));
  return root;
}

async function namesOf(argument: string, out = "elsewhere"): Promise<string[]> {
  return (await findInputs(argument, out)).images.map(({ name }) => name);
}

test("a file is called by its name alone, also where it is missing or bears the signs of a pattern", async () => {
  const root = await folderOf("a/shot [1].final.jpg");
  expect(await namesOf(join(root, "a", "shot [1].final.jpg"))).toEqual(["shot [1].final"]);
  expect(await namesOf(join(root, "none.png"))).toEqual(["none"]);
  expect(await namesOf(join(root, "a", "no-extension"))).toEqual(["no-extension"]);
});

describe("a folder", () => {
  test("is read with its sub-folders, numbers in order, other files named", async () => {
    const root = await folderOf(
      "f10.png",
      "f2.PNG",
      "f1.jpg",
      "notes.txt",
      ".hidden.png",
      "b/c/x.webp",
      "a/y.tif",
    );
    const { images, passedOver, videos } = await findInputs(root, "elsewhere");
    expect(images.map(({ name }) => name)).toEqual(["f1", "f2", "f10", "a/y", "b/c/x"]);
    expect(images[1].path).toBe(join(root, "f2.PNG"));
    expect(passedOver).toEqual([join(root, "notes.txt")]);
    expect(videos).toEqual([]);
  });

  test("is read without the predictions in it, unless it lies among predictions itself", async () => {
    const root = await folderOf("a.png", "out/a.depth.png");
    expect(await namesOf(root, join(root, "out"))).toEqual(["a"]);
    expect(await namesOf(join(root, "out"), root)).toEqual(["a.depth"]);
    const error = await userError(() => findInputs(root, join(root, "out", "..")));
    expect(error.facts.code).toBe("predict.same-folder");
  });

  test("that links back to itself is read once", async () => {
    const root = await folderOf("in/a.png");
    symlinkSync(root, join(root, "in", "again"));
    expect(await namesOf(root)).toEqual(["in/a"]);
  });

  test("without an image is refused by name", async () => {
    const root = await folderOf("clip.mp4");
    const error = await userError(() => findInputs(root, "elsewhere"));
    expect(error.message).toContain(`${root}: there is no image in the folder (expected images (.png, .jpg`);
  });
});

describe("a pattern", () => {
  test("finds images and videos below its fixed part, in order", async () => {
    const root = await folderOf(
      "x/cam/10.png",
      "x/cam/9.png",
      "x/cam/9.txt",
      "x/rear/1.png",
      "y/cam/1.png",
      "x/cam/z.mp4",
    );
    const pattern = `${root}/x/*/*`;
    const found = await findInputs(pattern, "elsewhere");
    expect(found.images.map(({ name }) => name)).toEqual(["cam/9", "cam/10", "rear/1"]);
    expect(found.images[0].path).toBe(join(root, "x", "cam", "9.png"));
    expect(found.videos.map(({ name }) => name)).toEqual(["cam/z"]);
    expect(found.passedOver).toEqual([join(root, "x", "cam", "9.txt")]);
    expect(await namesOf(`${root}/**/{1,9}.png`)).toEqual(["x/cam/9", "x/rear/1", "y/cam/1"]);
  });

  test("leaves out what was predicted before", async () => {
    const root = await folderOf("a.png", "out/a.depth.png");
    expect(await namesOf(`${root}/**/*.png`, join(root, "out"))).toEqual(["a"]);
  });

  test("that matches nothing is refused by name", async () => {
    const root = await folderOf("a.txt");
    for (const pattern of [`${root}/*.png`, `${root}/*`]) {
      const error = await userError(() => findInputs(pattern, "elsewhere"));
      expect(error.message).toContain(`${pattern}: no image matches the pattern`);
    }
  });
});

test("a video is told from an image by its name", async () => {
  const { images, videos } = await findInputs("clips/Drive.MP4", "elsewhere");
  expect(images).toEqual([]);
  expect(videos).toEqual([{ path: "clips/Drive.MP4", name: "Drive" }]);
});
