import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reportRecorder } from "../../src/report/index.js";
import { readMetrics, train } from "../../src/training/index.js";
import { scratchFolder } from "../helpers/folder.js";
import { listener } from "../helpers/listener.js";
import { tinyConfig, writeProject, writeTiny } from "../helpers/tiny.js";
import { runCli } from "./helpers.js";

test("train --json prints what happens, a document a line, and nothing else on stdout", async () => {
  const folder = scratchFolder();
  await writeProject(folder, { steps: 3, evaluation: { every: 2 } });
  const { code, stdout, stderr } = await runCli(["train", "config.yaml", "--run", "run", "--json"], folder);
  expect(code, stderr).toBe(0);
  const events = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind: string });
  expect(events.map(({ kind }) => kind).filter((kind) => kind !== "log")).toEqual([
    ...["prepared", "start", "step", "step", "evaluation", "step", "evaluation", "end"],
  ]);
  expect(events[0]).toMatchObject({
    ...{ folder: "run", tasks: ["segmentation", "depth", "normals"], images: 8 },
  });
  const kept = readMetrics(join(folder, "run/metrics.jsonl"));
  const recorded = events.filter(({ kind }) => kind === "step" || kind === "evaluation");
  expect(recorded).toEqual(JSON.parse(JSON.stringify(kept)));
  expect(events.at(-1)).toEqual({
    kind: "end",
    outcome: "done",
    step: 3,
    report: join("run", "report.html"),
  });
  expect(stderr).toContain("Report: ");
});

test("the report is rewritten after every evaluation, while the run trains", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  const run = join(folder, "run");
  const course = reportRecorder(run, (error) => {
    throw error;
  });
  const seen: boolean[] = [];
  const look = listener((step) => {
    if (step === 4) seen.push(existsSync(join(run, "report.html")));
  });
  const config = tinyConfig(folder, "steps=6", "evaluation.every=2");
  const slow = { ...look, record: (record: { step: number }) => look.record(record) };
  await train({ config, folder: run, recorders: [course, slow] });
  await course.settled();
  expect(seen.at(-1)).toBe(true);
  const page = readFileSync(join(run, "report.html"), "utf8");
  expect(page).toContain("The run goes on.");
  // Of the evaluation after step 4: the one at the end is the final report's.
  expect(page).toContain("after step 4");
});
