import { describe, expect, it } from "vitest";
import { encodeNpy } from "../../../src/data/files/npy.js";
import { openFiles, userError } from "../../helpers/dataset.js";
import { CASES, type Files, imageNpy } from "./cases.js";

const numbered = (count: number): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`train/image/${i}.npy`, imageNpy(1, 1)]));

describe("mtan-nyu", () => {
  it("gives images in planar order and clamps what resampling carried over", async () => {
    const data = Float64Array.of(0, 0.1, 0.2, 1.005, 0.4, -0.005);
    const files = { "train/image/0.npy": encodeNpy({ shape: [1, 2, 3], data }) };
    const { image } = await (await openFiles("mtan-nyu", files)).read("train", "train-0000", []);
    expect(image).toEqual(Float32Array.of(0, 1, 0.1, 0.4, 0.2, 0));
  });

  it("takes what papers report as test and holds out part of train", async () => {
    const { splits } = (await openFiles("mtan-nyu", numbered(84))).info;
    const places = Array.from({ length: 8 }, (_, i) => `train-00${72 + i}`);
    expect(splits.val).toEqual(places);
    expect(splits.train).toHaveLength(76);
  });

  it("holds out what validation.txt lists instead", async () => {
    const list = (text: string) => openFiles("mtan-nyu", { ...numbered(84), "validation.txt": text });
    expect((await list("")).info.splits).toMatchObject({ train: { length: 84 } });
    const { splits } = (await list("train-0003\r\n\ntrain-0001\n")).info;
    expect(splits.val).toEqual(["train-0001", "train-0003"]);
    const error = await userError(() => list("train-0084"));
    expect(error.facts).toMatchObject({ code: "data.unknown-id", got: '"train-0084"' });
  });

  it("says what is wrong with an array", async () => {
    const whole = CASES["mtan-nyu"].files;
    const read = async (files: Files) => {
      const dataset = await openFiles("mtan-nyu", { ...whole, ...files });
      return await userError(() => dataset.read("train", "train-0000", ["segmentation", "depth"]));
    };
    for (const [name, shape, data, facts] of [
      ["image", [1, 2, 3], new Float32Array(6).fill(2), { code: "data.not-an-image", got: "the value 2" }],
      ["image", [1, 2, 3], new Float32Array(6).fill(Number.NaN), { got: "the value NaN" }],
      ["image", [1, 2, 3], new Uint8Array(6), { code: "data.not-an-image", got: "integers" }],
      ["image", [1, 2], new Float32Array(2), { code: "data.not-an-image", got: "1 channels" }],
      ["image", [2], new Float32Array(2), { code: "data.npy-shape" }],
      ["label", [1, 2], Float32Array.of(13, 0), { code: "label.class-out-of-range" }],
      ["label", [1, 2], Float32Array.of(0.5, 0), { code: "label.class-out-of-range" }],
      ["label", [1, 1], Float32Array.of(0), { code: "data.label-size" }],
      ["depth", [1, 2, 2], new Float32Array(4), { code: "label.channels" }],
    ] as const) {
      const { facts: found } = await read({ [`train/${name}/0.npy`]: encodeNpy({ shape, data }) });
      expect(found).toMatchObject(facts);
      expect(found.where).toContain(`${name}/0.npy`);
    }
  });
});
