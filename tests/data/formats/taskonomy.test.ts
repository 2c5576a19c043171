import { describe, expect, it } from "vitest";
import { greyPng, noisePng, openFiles, userError } from "../../helpers/dataset.js";
import { CASES, type Files } from "./cases.js";

const { files } = CASES.taskonomy;
const CSV = "train_val_test_tiny.csv";

describe("taskonomy", () => {
  it("turns normals to the camera's axes and scales depth", async () => {
    const dataset = await openFiles("taskonomy", files);
    expect(Object.keys(dataset.info.tasks)).toHaveLength(7);
    const { labels } = await dataset.read("train", "allensville__point_0_view_1", ["normals", "depth"]);
    // Right; and towards the camera, which is backwards.
    // Adding 0 turns -0 into 0.
    const pixel = (i: number) => [0, 2, 4].map((axis) => Math.round(labels.normals.data[axis + i]) + 0);
    expect([pixel(0), pixel(1)]).toEqual([
      [1, 0, 0],
      [0, 0, -1],
    ]);
    expect([...labels.depth.valid]).toEqual([1, 0]);
    expect(await dataset.labelledTasks("train", "allensville__point_0_view_2")).toEqual([]);
  });

  it("finds images in every layout and splits by building", async () => {
    const buildings = Array.from({ length: 30 }, (_, i) => `house${i}`);
    const many: Files = Object.fromEntries(
      buildings.map((building, i) => {
        const name = "point_3_view_0_domain_rgb.png";
        const folders = [`rgb/${building}`, `rgb/taskonomy/${building}`, `${building}_rgb/rgb`];
        return [`${folders[i % 3]}/${name}`, noisePng(1, 1)];
      }),
    );
    const { splits } = (await openFiles("taskonomy", many)).info;
    const found = Object.values(splits).flat().sort();
    expect(found).toEqual(buildings.map((building) => `${building}__point_3_view_0`).sort());
    expect(splits.train.length).toBeGreaterThan(20);
    expect(splits.val.length * splits.test.length).toBeGreaterThan(0);
    const listed = await openFiles("taskonomy", { ...many, [CSV]: "house1,0,1,0\nhouse2,0,0,1\n" });
    expect(listed.info.splits).toEqual({
      val: ["house1__point_3_view_0"],
      test: ["house2__point_3_view_0"],
    });
  });

  it("has the tasks of the domains that are there, and names files of other pixels", async () => {
    const flat = "keypoints2d/allensville/point_0_view_1_domain_keypoints2d.png";
    const image = "rgb/allensville/point_0_view_1_domain_rgb.png";
    const dataset = await openFiles("taskonomy", {
      [image]: files[image],
      [flat]: greyPng(2, [0, 100]),
      [CSV]: files[CSV],
    });
    expect(Object.keys(dataset.info.tasks)).toEqual(["keypoints2d"]);
    const { facts } = await userError(() =>
      dataset.read("train", "allensville__point_0_view_1", ["keypoints2d"]),
    );
    expect(facts).toMatchObject({ code: "data.pixel-format", got: "8 bits, 1 channel" });
  });

  it("says what is wrong with lists of splits", async () => {
    for (const line of ["allensville", "allensville,1,0", "allensville,yes,0,0"]) {
      const error = await userError(() =>
        openFiles("taskonomy", { ...files, [CSV]: `id,train,val,test\n${line}` }),
      );
      expect(error.facts).toMatchObject({ code: "data.bad-splits", got: JSON.stringify(line) });
      expect(error.facts.where).toMatch(/tiny\.csv:2$/);
    }
    const twice = { ...files, "train_val_test_full.csv": "allensville,1,0,0" };
    expect((await userError(() => openFiles("taskonomy", twice))).facts.code).toBe("data.ambiguous-file");
  });
});
