import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/common/errors.js";
import { loadLabels } from "../../src/data/labels-file.js";
import { parseSplitFile } from "../../src/data/split-file.js";
import { temporaryFolder, userError } from "../helpers/dataset.js";
import { floats, legacyFile, SavedTensor, zipFile } from "../helpers/torch-files.js";

const split = (rows: readonly number[][]) =>
  legacyFile(new Map([["labels_weights", floats([rows.length, rows[0].length], rows.flat())]]));
const ROWS = [
  [1, 0, 0],
  [0, 1, 1],
  [0, 0, 0],
];

describe("a split file", () => {
  it("keeps the tasks whose column is 1, in the papers' order", () => {
    expect(parseSplitFile(split(ROWS), ["a", "b", "c"], undefined, "x.pth")).toEqual({
      a: ["segmentation"],
      b: ["depth", "normals"],
      c: [],
    });
    expect(parseSplitFile(split([[0, 1]]), ["a"], undefined, "x.pth")).toEqual({ a: ["depth"] });
  });

  it("goes by the numbers of ids that are numbers, whatever the dataset's order", () => {
    const ids = ["0", "10", "2"];
    expect(parseSplitFile(split(ROWS), ids, undefined, "x.pth")).toEqual({
      0: ["segmentation"],
      2: ["depth", "normals"],
      10: [],
    });
  });

  it("takes other columns, a single tensor of any type, and the ZIP form", () => {
    const tensor = new SavedTensor("LongStorage", [2, 2], BigInt64Array.of(1n, 0n, 1n, 1n));
    for (const bytes of [legacyFile(tensor), zipFile(tensor)]) {
      expect(parseSplitFile(bytes, ["a", "b"], ["depth", "edges"], "x.pth")).toEqual({
        a: ["depth"],
        b: ["depth", "edges"],
      });
    }
  });

  it.each([
    ["another number of images", split(ROWS), ["a", "b"], undefined, "expected [2, tasks], got [3, 3]"],
    ["a vector", legacyFile(floats([2], [1, 0])), ["a", "b"], undefined, "got [2]"],
    ["more columns than are known", split([[1, 0, 0, 1]]), ["a"], undefined, "columns: [...]"],
    ["other columns than are named", split([[1, 0]]), ["a"], ["depth"], "expected 1 columns (depth), got 2"],
    ["weights in place of marks", split([[1, 0.5]]), ["a"], undefined, "got 0.5"],
    [
      "several tensors",
      legacyFile(
        new Map([
          ["a", floats([1], [1])],
          ["b", floats([1], [1])],
        ]),
      ),
      ["a"],
      undefined,
      "expected one tensor, or one named labels_weights",
    ],
  ])("with %s is refused", async (_name, bytes, ids, columns, message) => {
    const error = await userError(() => parseSplitFile(bytes, ids, columns, "x.pth"));
    expect(error.facts.where).toBe("x.pth");
    expect(error.message).toContain(message);
  });

  it("throws nothing but UserErrors, whatever it holds", () => {
    const shapes = fc.array(fc.nat(3), { maxLength: 3 });
    const files = shapes.chain((shape) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return fc
        .array(fc.constantFrom(0, 1, 2, Number.NaN), { minLength: length, maxLength: length })
        .map((values) => legacyFile(floats(shape, values)));
    });
    fc.assert(
      fc.property(files, fc.array(fc.string(), { maxLength: 3 }), (bytes, ids) => {
        try {
          parseSplitFile(bytes, ids, undefined, "x.pth");
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
    );
  });

  it("stands beside labels.json, and must fit the dataset", async () => {
    const path = join(await temporaryFolder(), "onelabel.pth");
    await writeFile(path, split(ROWS));
    const all = ["segmentation", "depth", "normals"];
    const labels = (own: string[]) => new Map(["0", "1", "2"].map((id) => [id, own]));
    expect(await loadLabels(path, labels(all), all)).toEqual({
      0: ["segmentation"],
      1: ["depth", "normals"],
      2: [],
    });
    expect((await userError(() => loadLabels(path, labels(["depth"]), all))).facts.code).toBe(
      "data.label-not-there",
    );
    expect(
      (await userError(() => loadLabels(path, labels(all), all, { columns: ["depth", "edges", "normals"] })))
        .message,
    ).toContain("edges");
  });
});
