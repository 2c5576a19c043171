import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readMat, structure, textCells, wholeNumbers } from "../../../src/data/files/mat-values.js";
import { openFiles, userError } from "../../helpers/dataset.js";
import { realData } from "../../helpers/real-data.js";
import { CASES, type Files, golden } from "./cases.js";

const { files } = CASES["nyu-v2-mat"];
const { images, depths, size } = golden.nyu;

describe("nyu-v2-mat", () => {
  it("reads any frame as numpy does", async () => {
    const dataset = await openFiles("nyu-v2-mat", files);
    const sample = await dataset.read("test", "0003", ["depth", "normals"]);
    expect([sample.height, sample.width]).toEqual(size);
    expect(sample.image).toEqual(Float32Array.from(images[2], (value) => value / 255));
    expect(sample.labels.depth.data).toEqual(Float32Array.from(depths[2]));
    // Too small a picture for a normal.
    expect(sample.labels.normals.valid.includes(1)).toBe(false);
    expect(sample.camera!.fx).toBeCloseTo(518.858);
  });

  it("has the classes of the maps beside it", async () => {
    const classes = async (format: string) =>
      ((await openFiles(format, files)).info.tasks.segmentation as unknown as { classes: string[] }).classes;
    expect(await classes("nyu-v2-mat")).toEqual(["wall", "floor", "cabinet"]);
    expect(await classes("nyu-v2-mat13")).toEqual(["furniture", "wall"]);
  });

  it("says which file is missing or wrong", async () => {
    const open = (format: string, changes: Files, without?: string) => {
      const kept = Object.entries({ ...files, ...changes }).filter(([name]) => name !== without);
      return userError(() => openFiles(format, Object.fromEntries(kept)));
    };
    for (const name of ["nyu_depth_v2_labeled.mat", "splits.mat", "classMapping40.mat"]) {
      const { facts } = await open("nyu-v2-mat", {}, name);
      expect(facts.code).toBe("data.missing-file");
      expect(facts.where).toContain(name);
    }
    const { facts } = await open("nyu-v2-mat13", {}, "class13Mapping.mat");
    expect(facts.where).toContain("class13Mapping.mat");
    const swapped = await open("nyu-v2-mat", { "splits.mat": files["classMapping40.mat"] });
    expect(swapped.facts).toMatchObject({ code: "data.bad-mat", got: "nothing of this name" });
    const old = await open("nyu-v2-mat", { "nyu_depth_v2_labeled.mat": files["splits.mat"] });
    expect(old.facts.code).toBe("data.bad-hdf5");
  });
});

const nyu = realData("nyu-v2");
it.skipIf(nyu === undefined)("reads the published split and class maps as scipy does", async () => {
  const meta = join(nyu!, "meta");
  const expected = JSON.parse(await readFile(join(meta, "expected.json"), "utf8"));
  const splits = await readMat(join(meta, "splits.mat"));
  for (const split of ["train", "test"]) {
    const numbers = wholeNumbers(splits, `${split}Ndxs`, [1, 1449]);
    expect(numbers).toHaveLength(expected.splits[split]);
    expect(numbers.slice(0, 5)).toEqual(expected.splits[`${split}_first5`]);
  }
  const map40 = await readMat(join(meta, "classMapping40.mat"));
  expect(textCells(map40, "className")).toEqual(expected.class40);
  const classes = wholeNumbers(map40, "mapClass", [0, 40]);
  expect(classes).toHaveLength(expected.n894);
  expect(classes.slice(0, 10)).toEqual(expected.map894to40_first10);
  const map13 = structure(await readMat(join(meta, "class13Mapping.mat")), "classMapping13");
  expect(textCells(map13, "classNames")).toEqual(expected.class13);
  expect(wholeNumbers(map13, "labels13", [0, 13])).toEqual(expected.map40to13);
});
