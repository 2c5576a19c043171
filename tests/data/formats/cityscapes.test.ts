import { describe, expect, it } from "vitest";
import { greyPng, noisePng, openFiles, userError } from "../../helpers/dataset.js";
import { CASES, type Files } from "./cases.js";

const ID = "aachen_000000_000019";
const CAMERA = `camera/train/aachen/${ID}_camera.json`;

describe("cityscapes", () => {
  it("takes metres where there are cameras and says nothing of the depth of images without one", async () => {
    const dataset = await openFiles("cityscapes", CASES.cityscapes.files);
    expect(Object.keys(dataset.info.tasks)).toEqual(["segmentation", "depth"]);
    const { camera, labels } = await dataset.read("train", ID, ["depth"]);
    expect(camera).toEqual({ fx: 100, fy: 101, cx: 2, cy: 0.5 });
    // The third is 0.1 pixels: 500 m, which is beyond what disparity can tell.
    expect([...labels.depth.valid]).toEqual([1, 1, 0, 0]);
    expect(await dataset.labelledTasks("test", "munster_000001_000019")).not.toContain("depth");
  });

  it("takes inverse depth where there are none", async () => {
    const dataset = await openFiles("cityscapes7", CASES.cityscapes7.files);
    expect(Object.keys(dataset.info.tasks)).toEqual(["segmentation", "inverse-depth"]);
    expect(await dataset.labelledTasks("test", "munster_000001_000019")).toEqual(["inverse-depth"]);
  });

  it("has inverse depth beside metres, for runs that name it", async () => {
    const dataset = await openFiles("cityscapes", CASES.cityscapes.files);
    expect(Object.keys(dataset.info.derived ?? {})).toEqual(["inverse-depth"]);
    const { labels } = await dataset.read("train", ID, ["inverse-depth"]);
    expect([...labels["inverse-depth"].data]).toEqual([256, 512, 25, 0].map((steps) => steps / 65536));
  });

  it("maps all label ids to the 19 classes and to their categories", async () => {
    const ids = Array.from({ length: 34 }, (_, id) => id);
    const files: Files = {
      [`leftImg8bit/train/aachen/${ID}_leftImg8bit.png`]: noisePng(35, 1),
      [`gtFine/train/aachen/${ID}_gtFine_labelIds.png`]: greyPng(35, [...ids, 255]),
    };
    const classes = async (format: string) => {
      const { labels } = await (await openFiles(format, files)).read("train", ID, ["segmentation"]);
      const { data, valid } = labels.segmentation;
      return Array.from(data, (value, i) => (valid[i] === 1 ? value : -1)).join(" ");
    };
    const none = "-1 -1 -1 -1 -1 -1 -1";
    expect(await classes("cityscapes")).toBe(
      `${none} 0 1 -1 -1 2 3 4 -1 -1 -1 5 -1 6 7 8 9 10 11 12 13 14 15 -1 -1 16 17 18 -1`,
    );
    expect(await classes("cityscapes7")).toBe(
      `${none} 0 0 -1 -1 1 1 1 -1 -1 -1 2 -1 2 2 3 3 4 5 5 6 6 6 -1 -1 6 6 6 -1`,
    );
  });

  it("says what is wrong with a file", async () => {
    const base = CASES.cityscapes.files;
    for (const text of ["{", "{}", '{"extrinsic": {"baseline": 0}}']) {
      const error = await userError(() => openFiles("cityscapes", { ...base, [CAMERA]: text }));
      expect(error.facts.code).toBe("data.bad-camera");
      expect(error.facts.where).toContain(CAMERA);
    }
    const shallow = { [`disparity/train/aachen/${ID}_disparity.png`]: greyPng(4, [1, 2, 3, 4]) };
    const dataset = await openFiles("cityscapes", { ...base, ...shallow });
    const error = await userError(() => dataset.read("train", ID, ["depth"]));
    expect(error.facts).toMatchObject({ code: "data.pixel-format", got: "8 bits, 1 channel" });
  });
});
