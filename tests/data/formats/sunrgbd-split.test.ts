import { expect, it } from "vitest";
import { noisePng, openFiles, userError } from "../../helpers/dataset.js";
import { type Files, golden } from "./cases.js";

const split = Buffer.from(golden.sunSplit, "base64");
const frames: Files = Object.fromEntries(
  ["kv1/b3dodata/img_1", "kv2/a/f1", "xtion/b/f2", "xtion/b/unlisted"].map((frame) => [
    `SUNRGBD/${frame}/image/x.png`,
    noisePng(2, 1),
  ]),
);

it("reads the official split of SUN RGB-D where its file is there", async () => {
  for (const place of ["allsplit.mat", "SUNRGBDtoolbox/traintestSUNRGBD/allsplit.mat"]) {
    const { info } = await openFiles("sunrgbd", { ...frames, [place]: split });
    expect(info.splits).toEqual({
      train: ["SUNRGBD__kv1__b3dodata__img_1"],
      val: ["SUNRGBD__kv2__a__f1"],
      test: ["SUNRGBD__xtion__b__f2"],
    });
  }
});

it("finds frames without the folder SUNRGBD, and has no more than train and test without the file", async () => {
  const inner = Object.fromEntries(Object.entries(frames).map(([name, bytes]) => [name.slice(8), bytes]));
  const { info } = await openFiles("sunrgbd", { ...inner, "allsplit.mat": split });
  expect(info.splits.test).toEqual(["xtion__b__f2"]);
  expect((await openFiles("sunrgbd", inner)).info.splits).toMatchObject({ train: { length: 4 } });
});

it("names a split file that is none", async () => {
  const wrong = Buffer.from(golden.numbers, "base64");
  const { facts } = await userError(() => openFiles("sunrgbd", { ...frames, "allsplit.mat": wrong }));
  expect(facts).toMatchObject({ code: "data.bad-mat", got: "nothing of this name" });
  expect(facts.where).toContain("allsplit.mat");
});
