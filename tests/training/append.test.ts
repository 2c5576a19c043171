import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readMetrics, train } from "../../src/training/index.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { listener } from "../helpers/listener.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

test("a run with unlabelled images appended to its batches resumes to the same numbers", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  const config = tinyConfig(
    folder,
    "labels={scenario: onelabel, unlabelled: 0.5}",
    "method={name: consistency, with: [{name: jtr, width: 4, unlabelled: consistency}]}",
    "append={count: 1}",
    "batchSize=2",
    "steps=4",
  );
  const whole = join(folder, "whole");
  await train({ config, folder: whole });
  const [step] = readMetrics(join(whole, "metrics.jsonl"));
  expect(Object.keys((step as { losses: object }).losses)).toEqual(
    expect.arrayContaining(["depth", "consistency.depth", "jtr.distance", "jtr.reconstruction"]),
  );
  const controller = new AbortController();
  const parts = join(folder, "parts");
  const recorders = [listener((done) => done === 3 && controller.abort())];
  await train({ config, folder: parts, signal: controller.signal, recorders });
  await train({ config, folder: parts, resume: true });
  const last = "checkpoints/last.safetensors";
  expect(readFileSync(join(parts, last)).equals(readFileSync(join(whole, last)))).toBe(true);
});

test("a split of its own is appended, one that is evaluated on is not", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 4, more: 6, val: 2 });
  const start = (split: string) => {
    const config = tinyConfig(folder, `append={count: 2, split: ${split}}`, "steps=2");
    return train({ config, folder: join(folder, split) });
  };
  expect((await start("more")).outcome).toBe("done");
  expect((await userError(() => start("val"))).facts.code).toBe("config.trained-on-evaluation");
  expect((await userError(() => start("others"))).facts).toMatchObject({
    code: "data.no-split",
    where: "append.split",
  });
  expect(() => tinyConfig(folder, "append={count: 2, tasks: [depth]}")).toThrow(
    /append\.tasks.*append\.split/,
  );
  expect(() => tinyConfig(folder, "append={count: 2, split: test}")).toThrow(
    /append\.split.*not train or test/,
  );
});
