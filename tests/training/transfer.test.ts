import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { CITYSCAPES_CLASSES } from "../../src/tasks/class-names.js";
import { sharedClasses } from "../../src/tasks/shared-classes.js";
import { readClassTable } from "../../src/training/class-table.js";
import { evaluateRun, findRun, train } from "../../src/training/index.js";
import { temporaryFolder } from "../helpers/dataset.js";
import { userError } from "../helpers/folder.js";
import { editTasks, tinyConfig, writeTiny } from "../helpers/tiny.js";

describe("a run on other data", () => {
  let folder = "";
  const run = () => findRun(join(folder, "run"));
  const table = (text: string) => {
    const path = join(folder, "classes.yaml");
    writeFileSync(path, text);
    return path;
  };
  const onOther = (text: string, split = "val") =>
    evaluateRun(run(), {
      data: join(folder, "other"),
      split,
      map: table(text),
      findings: { worst: 1, images: 1 },
    });

  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeTiny(join(folder, "data"));
    await writeTiny(join(folder, "other"));
    // The classes left, right and disc by other names and in another order; no normals.
    editTasks(join(folder, "other"), (tasks) => {
      tasks.segmentation.classes = ["west", "east", "ball"];
      delete tasks.normals;
    });
    await train({ config: tinyConfig(folder, "steps=4"), folder: join(folder, "run") });
  }, 180_000);

  test("is measured as on its own where every class has its counterpart", async () => {
    const own = await evaluateRun(run(), { split: "val" });
    const other = await onOther("west: left\neast: right\nball: disc\n");
    expect(other.metrics.segmentation).toEqual(own.metrics.segmentation);
    expect(other.metrics.depth).toEqual(own.metrics.depth);
    expect(other.lacking).toEqual(["normals"]);
    expect(other.shared.segmentation.leftOut).toEqual({ data: [], model: [] });
  });

  test("is measured on the shared classes alone, and names what was left out", async () => {
    const { findings, shared, metrics } = await onOther("west: left\nball: disc\n");
    expect(shared.segmentation.leftOut).toEqual({ data: ["east"], model: ["right"] });
    const { perClass } = findings![0];
    expect(perClass!.classes).toEqual(["left", "disc"]);
    // Predictions of `right` stand in a column of their own.
    expect(perClass!.confusion.map((row) => row.length)).toEqual([3, 3]);
    const mean = perClass!.iou.reduce((sum, value) => sum + value, 0) / 2;
    expect(metrics.segmentation.mIoU).toBeCloseTo(mean, 9);
  });

  test.each([
    ["without a table", undefined, "data.other-task", "--map classes.yaml"],
    ["with a name that the data does not have", "wst: left\n", "classes.unknown", "Did you mean west?"],
    ["with a name that the model does not have", "west: lft\n", "classes.unknown", "Did you mean left?"],
    ["where nothing is shared", "west: null\n", "classes.none-shared", "no class is left"],
    ["where a class is named twice", "west: left\nwest: right\n", "config.syntax", "unique"],
    ["where the table is none", "- west\n", "classes.bad-table", "their class"],
  ])("%s it is refused", async (_, text, code, said) => {
    const other = { data: join(folder, "other"), split: "val" };
    const error = await userError(() => (text === undefined ? evaluateRun(run(), other) : onOther(text)));
    expect(error.facts.code).toBe(code);
    expect(error.message).toContain(said);
  });
});

describe("tables of classes that come with the project", () => {
  const folder = new URL("../../examples/class-maps/", import.meta.url).pathname;

  test("cityscapes-movable.yaml is Taskology's table 5", async () => {
    const table = await readClassTable(join(folder, "cityscapes-movable.yaml"));
    const movable = ["person", "bicycle", "car", "motorcycle", "traffic light", "bus", "truck"];
    const { groups, leftOut } = sharedClasses(
      table,
      CITYSCAPES_CLASSES,
      [...movable, "bench", "sky"],
      "table",
    );
    expect(groups.classes).toEqual([...movable, "other"]);
    expect(leftOut).toEqual({ data: [], model: [] });
    expect(groups.of.slice(-2)).toEqual([7, 7]);
  });

  test("camvid.yaml covers CamVid's classes", async () => {
    const table = await readClassTable(join(folder, "camvid.yaml"));
    const { leftOut } = sharedClasses(table, Object.keys(table.data), CITYSCAPES_CLASSES, "table");
    expect(leftOut).toEqual({ data: [], model: ["terrain", "train", "motorcycle"] });
    expect(Object.keys(table.data)).toHaveLength(11);
  });
});
