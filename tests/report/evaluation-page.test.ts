import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeEvaluations, writeRunReport } from "../../src/report/index.js";
import { evaluateRun, findRun, keptData, train } from "../../src/training/index.js";
import { temporaryFolder } from "../helpers/dataset.js";
import { userError } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

describe("pages of evaluations", () => {
  let folder = "";
  const page = () => readFileSync(join(folder, "page.html"), "utf8");
  const evaluated = async (...names: string[]) =>
    Promise.all(
      names.map(async (name) => ({
        name,
        evaluation: await evaluateRun(findRun(join(folder, name)), { findings: { worst: 2, images: 2 } }),
      })),
    );
  const headings = () => [...page().matchAll(/<h2>([^<]*)/g)].map((match) => match[1].trim());

  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeTiny(join(folder, "data"));
    for (const [name, ...set] of [["first"], ["second", "seed=1"]]) {
      const config = tinyConfig(folder, "steps=1", "evaluation.every=1", "samples.count=2", ...set);
      await train({ config, folder: join(folder, name) });
    }
  }, 180_000);

  test("show classes, the worst images with their errors, and what the colours mean", async () => {
    await writeEvaluations(await evaluated("first"), join(folder, "page.html"));
    expect(headings()).toEqual(["Results", "Predictions", "The worst images", "Classes", "Environment"]);
    expect(page()).toMatch(/alt="depth, errors, test-\d"/);
    expect(page()).toMatch(/alt="segmentation, uncertainty, test-\d"/);
    expect(page()).toMatch(/aErr [\d.]+ m/);
    for (const text of ["off by 60° or more", "What is taken for what", "IoU %"]) {
      expect(page()).toContain(text);
    }
    // Two images of each task, and the two worst ones: input, prediction, label, errors, doubt.
    expect(page().match(/data:image\/png;base64,/g)).toHaveLength(3 * 2 * (3 + 1) + 2 * (5 + 4 + 4));
  });

  test("put the same images of several runs side by side", async () => {
    await writeEvaluations(await evaluated("first", "second"), join(folder, "page.html"));
    expect(page()).toContain("2 evaluations. Δ% is against first.");
    const ids = (run: string) =>
      [...page().matchAll(new RegExp(`alt="depth, ${run}, (test-\\d)"`, "g"))].map((match) => match[1]);
    expect(ids("first")).toHaveLength(2);
    expect(ids("second")).toEqual(ids("first"));
    expect(page()).toContain("second: what is taken for what");
  });

  test("keep to the tasks that all have", async () => {
    const [{ evaluation }] = await evaluated("first");
    const only = (name: string) => ({
      name,
      evaluation: { ...evaluation, tasks: evaluation.tasks.filter((task) => task.name === name) },
    });
    await writeEvaluations([{ name: "all", evaluation }, only("normals")], join(folder, "page.html"));
    expect(page()).not.toContain("mIoU");
    const { facts } = await userError(() =>
      writeEvaluations([only("depth"), only("normals")], join(folder, "page.html")),
    );
    expect(facts).toMatchObject({ code: "report.nothing-in-common", got: "depth; normals" });
  });

  test("a run's report has what its last evaluation found", async () => {
    const run = join(folder, "first");
    const { tasks } = await keptData(findRun(run));
    await writeRunReport(run, tasks, [], join(folder, "page.html"));
    expect(headings().slice(0, 4)).toEqual(["Results", "Predictions", "The worst images", "Classes"]);
    expect(page()).toMatch(/alt="depth, errors, val-\d"/);
  });
});
