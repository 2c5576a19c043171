/** @file BSDS500's own errors, and the real files against another decoder and against themselves. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDataset } from "../../../src/data/formats/index.js";
import type { Dataset } from "../../../src/data/types.js";
import { boundaries, type LabelMap } from "../../../src/tasks/index.js";
import { openFiles, userError } from "../../helpers/dataset.js";
import { realData } from "../../helpers/real-data.js";
import { annotated, CASES } from "./cases.js";

const MAT = "groundTruth/train/8049.mat";
const FILES = CASES.bsds500.files;

describe("a .mat that does not fit", () => {
  it.each([
    ["sizes", /8049\.mat: annotator 2: .*expected 3x2 as the first annotator's, got 2x2/],
    ["values", /annotator 1: groundTruth: Boundaries .*expected whole numbers from 0 to 1, got 3/],
    ["nobody", /expected 1 to 9 annotators, got 0/],
    ["ten", /expected 1 to 9 annotators, got 10/],
    ["other", /groundTruth is not what it should be \(expected a cell array, got nothing of this name\)/],
  ] as const)("%s: one message that names the file", async (name, message) => {
    const file = Buffer.from(annotated.bsds[name], "base64");
    const dataset = await openFiles("bsds500", { ...FILES, [MAT]: file });
    const error = await userError(() => dataset.read("train", "8049", ["boundaries"]));
    expect(error.facts).toMatchObject({ code: "data.bad-mat" });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("\n");
  });

  it("damaged: one message that names the file", async () => {
    const file = Buffer.from(annotated.bsds.two, "base64").fill(7, 150, 170);
    const dataset = await openFiles("bsds500", { ...FILES, [MAT]: file });
    const error = await userError(() => dataset.read("train", "8049", ["boundaries"]));
    expect(error.facts.code).toBe("data.bad-mat");
    expect(error.message).toMatch(/8049\.mat: the compressed data of the MAT-file is damaged/);
  });
});

it("is found below the folders of the archive", async () => {
  const inner = Object.entries(FILES).map(([name, file]) => [`BSDS500/data/${name}`, file]);
  const { info } = await openFiles("bsds500", Object.fromEntries(inner));
  expect(info.splits).toEqual(CASES.bsds500.splits);
});

const root = realData("bsds500");
describe.skipIf(root === undefined)("real BSDS500", () => {
  const planesOf = ({ channels, height, width, data }: LabelMap) =>
    Array.from({ length: channels }, (_, i) => data.slice(i * height * width, (i + 1) * height * width));

  it("has the annotators, sizes and boundary pixels of another decoder", async () => {
    const dataset = await openDataset({ format: "bsds500", path: root! });
    const counts = Object.entries(dataset.info.splits).map(([split, ids]) => [split, ids.length]);
    expect(Object.fromEntries(counts)).toEqual({ train: 200, val: 100, test: 50 });
    type Expected = { height: number; width: number; annotators: { boundary_pixels: number }[] };
    const expected: Record<string, Expected> = JSON.parse(
      await readFile(join(root!, "expected.json"), "utf8"),
    );
    for (const [name, { height, width, annotators }] of Object.entries(expected)) {
      const [split, id] = name.split("/");
      const { boundaries: label } = (await dataset.read(split, id, ["boundaries"])).labels;
      expect([label.height, label.width]).toEqual([height, width]);
      const marked = planesOf(label).map((plane) => plane.reduce((sum, value) => sum + value, 0));
      expect(marked.filter((count) => count > 0)).toEqual(annotators.map((each) => each.boundary_pixels));
    }
  });

  /** An annotator's boundaries measured against those of all in `against`. */
  async function score(dataset: Dataset, against: "self" | "others", ids: readonly string[]) {
    const spec = boundaries.specSchema.parse({ kind: "boundaries", annotators: 9, thresholds: 1 });
    const accumulator = boundaries.metrics.accumulator(spec);
    for (const id of ids) {
      const { labels, width, height, fileSize } = await dataset.read("test", id, ["boundaries"]);
      const { boundaries: label } = labels;
      const first = (i: number) => i < height * width;
      const data = label.data.map((value, i) => (first(i) === (against === "self") ? value : 0));
      const prediction = { channels: 1, height, width, data: planesOf(label)[0] };
      accumulator.update(prediction, { ...label, data }, { id, ...(fileSize ?? { width, height }) });
    }
    return accumulator.result().ods;
  }

  it("its boundaries match themselves, at their own size and made smaller", async () => {
    const whole = await openDataset({ format: "bsds500", path: root! });
    const ids = whole.info.splits.test.slice(0, 4);
    expect(await score(whole, "self", ids)).toBeGreaterThan(99);
    const small = await openDataset({ format: "bsds500", path: root!, size: [96, 144] });
    expect(await score(small, "self", ids)).toBe(100);
  });

  it("an annotator against the others scores what an exact assignment of another program gave", async () => {
    const whole = await openDataset({ format: "bsds500", path: root! });
    const ids = whole.info.splits.test.slice(0, 12);
    // Several assignments may be best, and differ a little in which predicted pixels have partners.
    expect(Math.abs((await score(whole, "others", ids)) - 84.558)).toBeLessThan(0.01);
  });
});
