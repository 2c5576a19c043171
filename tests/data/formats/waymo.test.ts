import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { openDataset } from "../../../src/data/formats/index.js";
import { greyPng, noisePng, openFiles, userError } from "../../helpers/dataset.js";
import { realData } from "../../helpers/real-data.js";
import { waymoFile } from "../../helpers/waymo.js";

const image = noisePng(2, 1);
const panoptic = greyPng(2, [1000, 2001], 16);
const file = waymoFile([{ camera: 2, image, panoptic }]);
const ID = "segment__1553735853462203__front-left";

describe("waymo", () => {
  it("takes classes from panoptic values, files of the folder itself, and cameras", async () => {
    const dataset = await openFiles("waymo", { "a.tfrecord": file });
    expect(dataset.info.splits).toEqual({ train: [ID] });
    const { labels, camera } = await dataset.read("train", ID, ["segmentation"]);
    expect([...labels.segmentation.data]).toEqual([0, 1]);
    expect(camera).toEqual({ fx: 1000, fy: 1001, cx: 0.5, cy: 0.25 });
  });

  it("names labels of unknown classes and of other pixels", async () => {
    for (const [png, code] of [
      [greyPng(2, [29_000, 0], 16), "label.class-out-of-range"],
      [greyPng(2, [1, 0]), "data.pixel-format"],
      [greyPng(3, [0, 0, 0], 16), "data.label-size"],
    ] as const) {
      const dataset = await openFiles("waymo", {
        "a.tfrecord": waymoFile([{ camera: 2, image, panoptic: png }]),
      });
      const { facts } = await userError(() => dataset.read("train", ID, ["segmentation"]));
      expect(facts.code).toBe(code);
      expect(facts.where).toMatch(/a\.tfrecord: .*front-left$/);
    }
  });

  it("says what is wrong with a file, whatever is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = file.slice();
        damaged[at] ^= change;
        try {
          const dataset = await openFiles("waymo", { "a.tfrecord": damaged });
          for (const id of dataset.info.splits.train) await dataset.read("train", id, ["segmentation"]);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 300 },
    );
    for (const length of [0, 5, 12, 40, file.length - 1]) {
      const { facts } = await userError(() => openFiles("waymo", { "a.tfrecord": file.subarray(0, length) }));
      expect(facts.code).toBe(length === 0 ? "data.not-this-format" : "data.damaged-tfrecord");
    }
  });
});

const real = realData("waymo");
describe.skipIf(real === undefined)("a real frame of Waymo", () => {
  it("has five cameras' images and their labels", async () => {
    const expected = JSON.parse(readFileSync(`${real}/expected.json`, "utf8"))[
      "pvps_data_one_frame.tfrecord"
    ] as {
      context_name: string;
      timestamp_micros: number;
      images: { camera: number; size: number[]; semantic_classes: number[] }[];
    };
    const dataset = await openDataset({ format: "waymo", path: real! });
    const ids = dataset.info.splits.train;
    expect(ids).toHaveLength(expected.images.length);
    for (const [i, { size, semantic_classes }] of expected.images.entries()) {
      const { width, height, labels, camera } = await dataset.read("train", ids[i], ["segmentation"]);
      expect(ids[i]).toContain(`${expected.context_name}__${expected.timestamp_micros}__`);
      expect([width, height]).toEqual(size);
      const { data, valid } = labels.segmentation;
      const found = new Set(data.map((value, pixel) => (valid[pixel] === 1 ? value + 1 : 0)));
      const known = semantic_classes.filter((number) => number > 0);
      expect([...found].filter((number) => number > 0).sort((a, b) => a - b)).toEqual(known);
      expect(camera!.fx).toBeGreaterThan(1000);
    }
  }, 60_000);
});
