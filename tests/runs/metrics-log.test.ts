import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  allRecorders,
  jsonLinesRecorder,
  type MetricsRecord,
  type Recorder,
  readMetrics,
} from "../../src/runs/metrics-log.js";
import { scratchFolder, userError } from "../helpers/folder.js";

const step = (number: number): MetricsRecord => ({
  kind: "step",
  step: number,
  epoch: 0,
  losses: { segmentation: 0.1 * number, total: 1 / 3 },
  learningRates: { main: 1e-4 },
});
const evaluation = (number: number): MetricsRecord => ({
  kind: "evaluation",
  step: number,
  epoch: 0,
  split: "val",
  metrics: { segmentation: { mIoU: 1 / 7 }, depth: { absoluteError: Number.NaN } },
  best: true,
});

describe("metrics.jsonl", () => {
  it("gives records back exactly, NaN included", () => {
    const path = join(scratchFolder(), "metrics.jsonl");
    const recorder = jsonLinesRecorder(path, undefined);
    for (const record of [evaluation(0), step(1), step(2), evaluation(2)]) recorder.record(record);
    recorder.picture(2, "a", { png: new Uint8Array(1), width: 1, height: 1 });
    recorder.flush();
    recorder.close();
    expect(readMetrics(path)).toEqual([evaluation(0), step(1), step(2), evaluation(2)]);
  });

  it("keeps what belongs to the step resumed from, evaluation included, and nothing later", () => {
    const path = join(scratchFolder(), "metrics.jsonl");
    const first = jsonLinesRecorder(path, undefined);
    for (const record of [step(1), step(2), evaluation(2), step(3), evaluation(3)]) first.record(record);
    first.close();
    appendFileSync(path, '{"kind":"st');
    jsonLinesRecorder(path, 2).close();
    expect(readMetrics(path)).toEqual([step(1), step(2), evaluation(2)]);
    jsonLinesRecorder(path, undefined).close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it.each(["null", "3", '{"step": 1}', '{"kind": "step", "losses": {}}'])(
    "refuses %s as a record",
    async (line) => {
      const path = join(scratchFolder(), "metrics.jsonl");
      writeFileSync(path, `${line}\n`);
      const error = await userError(() => readMetrics(path));
      expect(error.facts).toMatchObject({ code: "metrics.damaged", where: path });
    },
  );
});

describe("allRecorders", () => {
  it("tells everybody everything in order", () => {
    const heard: string[] = [];
    const listener = (name: string): Recorder => ({
      record: ({ kind }) => heard.push(`${name} ${kind}`),
      picture: (_step, tag) => heard.push(`${name} ${tag}`),
      flush: () => heard.push(`${name} flush`),
      close: () => heard.push(`${name} close`),
    });
    const all = allRecorders([listener("a"), listener("b")]);
    all.record(step(1));
    all.picture(1, "picture", { png: new Uint8Array(), width: 0, height: 0 });
    all.flush();
    all.close();
    const each = ["step", "picture", "flush", "close"];
    expect(heard).toEqual(each.flatMap((what) => [`a ${what}`, `b ${what}`]));
  });
});
