import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeModel } from "../../src/graph/onnx.js";
import { checkpointPath, loadCheckpoint } from "../../src/runs/checkpoint.js";
import { evaluateRun, findRun, parseConfig, readMetrics, runPaths, train } from "../../src/training/index.js";
import { userError } from "../helpers/folder.js";
import { listener } from "../helpers/listener.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

describe("teachers and their student", () => {
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);
  const lastOf = (run: string) => loadCheckpoint(checkpointPath(runPaths(run).checkpoints, "last"));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "taskloom-"));
    await writeTiny(at("data"));
    await train({
      config: tinyConfig(folder, "method={name: single-task}", "steps=4"),
      folder: at("teachers"),
    });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("single-task trains, keeps, evaluates and exports a network a task", async () => {
    const { arrays } = await lastOf(at("teachers"));
    const parameters = [...arrays.keys()].filter((name) => !name.startsWith("optimizer."));
    expect(new Set(parameters.map((name) => name.split(".")[0]))).toEqual(
      new Set(["segmentation", "depth", "normals"]),
    );
    expect(arrays.get("depth.head.depth.1.weight")?.shape).toEqual([1, 4, 1, 1]);
    const { metrics } = await evaluateRun(findRun(at("teachers")));
    expect(metrics.depth.aErr).toBeGreaterThan(0);
    const { graph } = decodeModel(readFileSync(at("teachers", "model.onnx")));
    expect(graph!.output.map(({ name }) => name).sort()).toEqual(["depth", "normals", "segmentation"]);
  });

  test("must starts its teachers from their run, leaves them as they are, and needs the run no more when resumed", async () => {
    const config = tinyConfig(folder, "method={name: must, teachers: teachers}", "steps=4");
    expect(config.method.teachers).toBe(at("teachers"));
    await train({ config, folder: at("student") });
    const [best, student] = await Promise.all([
      loadCheckpoint(checkpointPath(runPaths(at("teachers")).checkpoints, "best")),
      lastOf(at("student")),
    ]);
    let compared = 0;
    for (const [name, { data }] of best.arrays) {
      expect(student.arrays.get(`helper.teachers.${name}`)?.data, name).toEqual(data);
      compared++;
    }
    expect(compared).toBeGreaterThan(100);
    const [first] = readMetrics(at("student", "metrics.jsonl"));
    expect(Object.keys((first as { losses: object }).losses)).toContain("must.segmentation");

    const controller = new AbortController();
    const stopAt = listener((step) => step === 2 && controller.abort());
    await train({ config, folder: at("stopped"), signal: controller.signal, recorders: [stopAt] });
    renameSync(at("teachers"), at("elsewhere"));
    try {
      await train({ config, folder: at("stopped"), resume: true });
    } finally {
      renameSync(at("elsewhere"), at("teachers"));
    }
    const last = "checkpoints/last.safetensors";
    expect(readFileSync(at("stopped", last)).equals(readFileSync(at("student", last)))).toBe(true);
  });

  test("must tells what is wrong with the run it is given", async () => {
    const start = (...set: string[]) => {
      const config = tinyConfig(folder, "method={name: must, teachers: teachers}", "steps=1", ...set);
      return userError(() => train({ config, folder: mkdtempSync(at("new-")) }));
    };
    expect((await start("method.teachers=nowhere")).facts).toMatchObject({
      code: "run.missing",
      where: at("nowhere"),
    });
    expect((await start("method.teachers=data")).facts.code).toBe("run.not-a-run");
    expect((await start("method.teachers=student")).facts).toMatchObject({
      code: "config.foreign-run",
      got: "nothing of that name",
    });
    const wider = await start("model.width=8");
    expect(wider.facts.code).toBe("config.foreign-run");
    expect(wider.message).toMatch(/^method\.teachers: .*best\.safetensors: /);
  });

  test("paths of runs that added methods name are relative to the file as well", () => {
    const text = readFileSync(at("teachers", "config.resolved.yaml"), "utf8");
    writeFileSync(at("added.yaml"), text);
    const method = "{name: supervised, with: [{name: must, teachers: teachers}]}";
    const config = tinyConfig(folder, `method=${method}`);
    expect(config.method.with).toMatchObject([{ name: "must", teachers: at("teachers") }]);
    expect(parseConfig(text, at("added.yaml")).method.name).toBe("single-task");
  });
});
