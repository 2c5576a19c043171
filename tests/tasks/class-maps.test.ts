import { describe, expect, it } from "vitest";
import { CITYSCAPES_7, CITYSCAPES_8, mapClasses } from "../../src/tasks/class-maps.js";
import { CITYSCAPES_CLASSES } from "../../src/tasks/class-names.js";
import type { ClassGroups } from "../../src/tasks/task.js";

/** Names of the coarser classes of some finer ones. */
const coarse = (map: ClassGroups, names: readonly string[]) =>
  names.map((name) => map.classes[map.of[CITYSCAPES_CLASSES.indexOf(name)]]);

describe("class maps of Cityscapes", () => {
  it("give each of the 19 classes one of the coarser ones, and leave none of those empty", () => {
    for (const { classes, of } of [CITYSCAPES_7, CITYSCAPES_8]) {
      expect(of).toHaveLength(CITYSCAPES_CLASSES.length);
      expect([...new Set(of)].sort((a, b) => a - b)).toEqual([...classes.keys()]);
    }
  });

  it("are those of Cityscapes' categories and of Taskology's table 5", () => {
    const names = ["road", "wall", "pole", "terrain", "sky", "rider", "train"];
    expect(coarse(CITYSCAPES_7, names)).toEqual(CITYSCAPES_7.classes);
    const same = ["person", "bicycle", "car", "motorcycle", "traffic light", "bus", "truck"];
    expect(coarse(CITYSCAPES_8, same)).toEqual(same);
    expect(coarse(CITYSCAPES_8, ["rider", "train", "traffic sign", "sky"])).toEqual([
      "person",
      "other",
      "other",
      "other",
    ]);
  });

  it("map labels, leave invalid pixels invalid, and refuse classes they do not have", () => {
    const label = {
      ...{ channels: 1, height: 1, width: 3 },
      data: Float32Array.of(13, 12, 255),
      valid: Uint8Array.of(1, 1, 0),
    };
    expect(mapClasses(label, CITYSCAPES_8)).toEqual({ ...label, data: Float32Array.of(2, 0, 0) });
    expect(() => mapClasses({ ...label, valid: Uint8Array.of(1, 1, 1) }, CITYSCAPES_8)).toThrow(
      "no class 255 of 19",
    );
  });

  it("make labels of classes in no group invalid", () => {
    const label = {
      channels: 1,
      height: 1,
      width: 2,
      data: Float32Array.of(1, 0),
      valid: Uint8Array.of(1, 1),
    };
    const mapped = mapClasses(label, { of: [1, -1] });
    expect([...mapped.data, ...mapped.valid]).toEqual([0, 1, 0, 1]);
  });
});
