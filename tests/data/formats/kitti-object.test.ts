import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { openDataset } from "../../../src/data/formats/index.js";
import { kittiObject } from "../../../src/data/formats/kitti-object.js";
import { kittiTracking } from "../../../src/data/formats/kitti-tracking.js";
import { parseKittiLabels } from "../../../src/data/sweeps/kitti-boxes.js";
import { boxContains } from "../../../src/geometry/boxes/box.js";
import { temporaryFolder, userError, writeFiles } from "../../helpers/dataset.js";
import { realData } from "../../helpers/real-data.js";
import { SWEEPS } from "./sweep-cases.js";

const LINE = "Car 0.00 0 -1.57 100 100 200 200 1.5 1.6 4.0 -2.0 1.7 10.0 -1.57";

describe("KITTI's labels", () => {
  it("are objects with their sizes and places, don't-care regions left out", () => {
    const [car, ...rest] = parseKittiLabels(`${LINE} 0.9\n\nDontCare -1 -1\n`, "a.txt");
    expect(rest).toEqual([]);
    expect(car).toEqual({
      ...{ class: "Car", size: [1.5, 1.6, 4], bottom: [-2, 1.7, 10], heading: -1.57 },
      seen: { imageHeight: 100, occlusion: 0, truncation: 0 },
    });
    expect(parseKittiLabels(`3 12 ${LINE}`, "a.txt", true)[0]).toMatchObject({ frame: 3, track: "12" });
  });

  it.each([
    ["Car 1 2 3", /a.txt: line 1.*no labelled object.*14 numbers/s],
    [LINE.replace("Car", "Boat"), /no class Boat/],
    [LINE.replace("10.0", "ten"), /no labelled object/],
  ])("refuse %s", (text, message) => {
    expect(() => parseKittiLabels(text, "a.txt")).toThrow(message);
  });

  it("take any text for what it is", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((tail) => LINE + tail),
        ),
        fc.boolean(),
        (text, tracks) => {
          try {
            expect(parseKittiLabels(text, "a.txt", tracks)).toBeInstanceOf(Array);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
    );
  });

  it("name a calibration that is missing or lacks a line", async () => {
    const path = await temporaryFolder();
    const { files } = SWEEPS["kitti-object"];
    const { "training/calib/000000.txt": calibration, ...others } = files;
    await writeFiles(path, others);
    const read = async () =>
      (await openDataset({ format: "kitti-object", path })).read("train", "000000", ["boxes"]);
    expect((await userError(read)).facts).toMatchObject({ code: "data.missing-file" });
    await writeFiles(path, {
      "training/calib/000000.txt": (calibration as string).replace("Tr_velo_to_cam", "Tr"),
    });
    expect((await userError(read)).facts).toMatchObject({
      code: "data.no-calibration",
      expected: "Tr_velo_to_cam",
    });
  });
});

it("sequences of the tracking benchmark follow the unit's motion, and tracks stay themselves", async () => {
  const path = await temporaryFolder();
  await writeFiles(path, SWEEPS["kitti-tracking"].files);
  const source = await kittiTracking.openSweeps!(path);
  expect(source.sequences!.train[0].frames).toEqual(["0000-000000", "0000-000001"]);
  const { pose } = await source.readSweep("train", "0000-000001");
  expect(pose!.position.map((value) => Math.abs(value) < 1e-6)).toEqual([true, true, true]);
  expect(await source.readBoxes("train", "0000-000001")).toMatchObject([{ track: "7", class: "Car" }]);
});

it("boxes of the real frames hold as many points as an independent program counts, within borders", async () => {
  const path = realData("kitti-object");
  if (path === undefined) return;
  const source = await kittiObject.openSweeps!(path);
  expect(source.splits).toEqual({ train: ["000000", "000001", "000002"] });
  const expected: Record<string, [string, number][]> = {
    "000000": [["Pedestrian", 377]],
    "000001": [
      ["Truck", 72],
      ["Car", 9],
      ["Cyclist", 18],
    ],
    "000002": [
      ["Misc", 1346],
      ["Car", 67],
    ],
  };
  for (const [id, wanted] of Object.entries(expected)) {
    const { points } = await source.readSweep("train", id);
    const boxes = await source.readBoxes("train", id);
    expect(boxes.map((box) => box.class)).toEqual(wanted.map(([name]) => name));
    boxes.forEach((box, i) => {
      let inside = 0;
      for (let at = 0; at < points.length; at += 4) {
        if (boxContains(box, [points[at], points[at + 1], points[at + 2]])) inside++;
      }
      expect(Math.abs(inside - wanted[i][1])).toBeLessThanOrEqual(1 + wanted[i][1] / 500);
    });
  }
  const [pedestrian] = await source.readBoxes("train", "000000");
  [8.7364, -1.8681, -0.6548].forEach((value, i) => {
    expect(pedestrian.centre[i]).toBeCloseTo(value, 3);
  });
  expect(pedestrian.yaw).toBeCloseTo(-1.5808, 3);
  const dataset = await openDataset({ format: "kitti-object", path: join(path) });
  expect(await dataset.labelledTasks("train", "000000")).toEqual(["boxes"]);
});
