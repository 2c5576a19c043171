import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodePng } from "../../../src/data/files/png.js";
import type { Sample } from "../../../src/data/types.js";
import { resolveTasks } from "../../../src/tasks/index.js";
import { readFindings, writeFindings } from "../../../src/training/findings/files.js";
import { Findings } from "../../../src/training/findings/findings.js";
import { scratchFolder, userError } from "../../helpers/folder.js";

const tasks = resolveTasks({
  segmentation: { kind: "segmentation", classes: ["a", "b"] },
  depth: { kind: "depth" },
});
const SIZE = { width: 2, height: 1 };

/** An image whose left pixel is `a`, whose right one `b`, both one metre away; depth is labelled on wish. */
function sample(id: string, withDepth = true): Sample {
  const valid = Uint8Array.of(1, 1);
  const depth = { ...SIZE, channels: 1, data: Float32Array.of(1, 1), valid };
  return {
    ...{ id, ...SIZE, image: new Float32Array(6) },
    labels: {
      segmentation: { ...SIZE, channels: 1, data: Float32Array.of(0, 1), valid },
      ...(withDepth && { depth }),
    },
  };
}

/** Predictions that are off by `error` metres, and right about the classes or wrong at the second pixel. */
function predicted(error: number, right: boolean) {
  return {
    segmentation: { ...SIZE, channels: 2, data: Float32Array.of(9, right ? 0 : 9, 0, right ? 9 : 0) },
    depth: { ...SIZE, channels: 1, data: Float32Array.of(1 + error, 1 + error) },
  };
}

async function found() {
  const findings = new Findings({ tasks, worst: 2, chosen: new Set(["c", "d"]) });
  findings.add(sample("a"), predicted(1, true));
  findings.add(sample("b"), predicted(3, false));
  findings.add(sample("c", false), predicted(9, false));
  findings.add(sample("d"), predicted(2, true));
  return await findings.result();
}

describe("findings", () => {
  test("hold the metrics of each labelled image", async () => {
    const [segmentation, depth] = await found();
    expect(segmentation.images.map(({ id, metrics }) => [id, metrics.mIoU])).toEqual([
      ["a", 100],
      ["b", 25],
      ["c", 25],
      ["d", 100],
    ]);
    expect(depth.images.map(({ id, metrics }) => [id, metrics.aErr])).toEqual([
      ["a", 1],
      ["b", 3],
      ["d", 2],
    ]);
  });

  test("count what is taken for what over all images", async () => {
    const [{ perClass }, depth] = await found();
    expect(perClass!.confusion).toEqual([
      [4, 0],
      [2, 2],
    ]);
    expect(perClass!.iou).toEqual([(100 * 4) / 6, 50]);
    expect(depth.perClass).toBeUndefined();
  });

  test("draw the worst images, the worst first, and those that were asked for", async () => {
    const [segmentation, depth] = await found();
    expect(segmentation.worst.map(({ id }) => id)).toEqual(["b", "c"]);
    expect(depth.worst.map(({ id, value }) => [id, value])).toEqual([
      ["b", 3],
      ["d", 2],
    ]);
    expect(depth.chosen.map(({ id, value }) => [id, value])).toEqual([
      ["c", Number.NaN],
      ["d", 2],
    ]);
    expect(Object.keys(depth.chosen[0].pictures)).toEqual(["input", "prediction"]);
    expect(Object.keys(segmentation.worst[0].pictures).sort()).toEqual(
      ["input", "prediction", "label", "errors", "uncertainty"].sort(),
    );
    // Right is the scale's dark end, wrong its bright one.
    const { data } = decodePng(segmentation.worst[0].pictures.errors!, "errors");
    expect([...data]).toEqual([0x44, 0x01, 0x54, 0xfd, 0xe7, 0x25]);
  });

  test("draw where the other tasks disagree, of the worst images alone", async () => {
    const compared: number[] = [];
    const findings = new Findings({
      ...{ tasks, worst: 1, chosen: new Set(["a"]) },
      disagreement: async ({ depth }) => {
        compared.push(depth.data[0]);
        return { depth: Float32Array.of(0, 1) };
      },
    });
    const shared = predicted(1, false);
    findings.add(sample("a"), shared);
    // Maps share memory with those of the next images.
    shared.depth.data.fill(7);
    const [segmentation, depth] = await findings.result();
    expect(compared).toEqual([2, 2]);
    expect(segmentation.worst[0].pictures.disagreement).toBeUndefined();
    const { data } = decodePng(depth.worst[0].pictures.disagreement!, "disagreement");
    expect([...data]).toEqual([0x44, 0x01, 0x54, 0xfd, 0xe7, 0x25]);
    expect(depth.chosen[0].pictures.disagreement).toBeUndefined();
  });

  test("of a mapped task are of the shared classes", async () => {
    const groups = { classes: ["both"], of: [0, 0] };
    const findings = new Findings({ tasks, shared: { segmentation: { groups } } });
    findings.add(sample("a"), predicted(0, false));
    expect((await findings.result())[0].perClass).toEqual({
      classes: ["both"],
      iou: [100],
      confusion: [[2]],
    });
  });

  test("come back from the run's folder, and later ones replace them", async () => {
    const folder = join(scratchFolder(), "evaluation");
    expect(await readFindings(folder)).toBeUndefined();
    const written = (await found()).map(({ chosen: _, ...rest }) => rest);
    await writeFindings(folder, { split: "val", step: 3, tasks: [] });
    await writeFindings(folder, { split: "val", step: 4, tasks: written });
    const read = (await readFindings(folder))!;
    expect([read.split, read.step]).toEqual(["val", 4]);
    expect(read.tasks.map(({ images, perClass }) => ({ images, perClass }))).toEqual(
      written.map(({ images, perClass }) => ({ images, perClass })),
    );
    const [worst] = read.tasks[0].worst;
    expect(new Uint8Array(worst.pictures.errors!)).toEqual(written[0].worst[0].pictures.errors);
  });

  test("that are damaged are refused by name", async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "findings.json"), '{"split": "val"');
    const { facts } = await userError(() => readFindings(folder));
    expect(facts).toMatchObject({ code: "run.damaged-findings", where: join(folder, "findings.json") });
  });
});
