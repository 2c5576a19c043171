/**
 * @file Each plugin of examples/plugins in a run of its own, through the command line: it is loaded, works,
 * and stays with its run.
 */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import { readMetrics, type StepRecord } from "../../src/training/index.js";
import { scratchFolder } from "../helpers/folder.js";
import { taskloom } from "../helpers/taskloom.js";
import { tinyText, writeTiny } from "../helpers/tiny.js";

const plugin = (name: string) => resolve("examples/plugins", `${name}.mjs`);
const SHORT = {
  steps: 3,
  labels: { scenario: "full" },
  evaluation: { every: 3, batchSize: 2 },
  checkpoint: { every: 3 },
  batchSize: 2,
};

/** Trains by the tiny configuration with some changes; returns the run's folder and its steps. */
async function trainWith(folder: string, name: string, changes: Record<string, unknown>, run = name) {
  const config = join(folder, `${run}.yaml`);
  writeFileSync(config, tinyText({ ...SHORT, plugins: [plugin(name)], ...changes }));
  const place = join(folder, run);
  expect(taskloom("train", config, "--run", place)).toMatchObject({ status: 0 });
  const steps = readMetrics(join(place, "metrics.jsonl")).filter((record) => record.kind === "step");
  return { run: place, config, steps: steps as StepRecord[] };
}

describe("a plugin", () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "taskloom-"));
    await writeTiny(join(folder, "data"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("brings a weighting with state of its own, whose weights are logged", async () => {
    const { run, steps } = await trainWith(folder, "gradient-balance", {
      weighting: { name: "gradient-balance" },
    });
    const weights = ["segmentation", "depth", "normals"].map((task) => steps[2].values![`weight ${task}`]);
    expect(weights.every((weight) => weight > 0)).toBe(true);
    expect(new Set(weights).size).toBe(3);
    const { arrays } = await loadCheckpoint(join(run, "checkpoints/last.safetensors"));
    expect((arrays.get("weighting.norm.depth")!.data as Float32Array)[0]).not.toBe(1);
    const { arrays: best } = await loadCheckpoint(join(run, "checkpoints/best.safetensors"));
    expect([...best.keys()].some((name) => name.startsWith("weighting."))).toBe(false);
  });

  it("brings a method with a following network, state and an optimizer group; a moved run resumes with its copy", async () => {
    const { run, config, steps } = await trainWith(folder, "mean-teacher", {
      method: { name: "mean-teacher", decay: 0.5 },
    });
    expect(Object.keys(steps[0].losses)).toContain("mean-teacher.distance");
    expect(steps[0].learningRates).toEqual({ main: 1e-4, trust: 0.01 });
    const { arrays } = await loadCheckpoint(join(run, "checkpoints/last.safetensors"));
    const value = (name: string) => (arrays.get(name)!.data as Float32Array)[0];
    expect(value("helper.mean-teacher.depth.doubt")).not.toBe(0);
    expect(value("helper.mean-teacher.depth.usual")).not.toBe(1);
    const head = "head.depth.0.weight";
    expect(value(`helper.teacher.${head}`)).not.toBe(value(head));
    // The slots of Adam are for the main group alone.
    expect([...arrays.keys()].filter((name) => name.startsWith("optimizer.trust."))).toEqual([]);
    expect(readFileSync(join(run, "model.onnx"), "latin1")).not.toContain("helper.teacher");

    expect(readdirSync(join(run, "plugins"))).toEqual(["0-mean-teacher.mjs"]);
    const moved = join(folder, "moved");
    renameSync(run, moved);
    const more = taskloom(
      ...["train", join(moved, "config.resolved.yaml"), "--run", moved, "--resume", "--set", "steps=4"],
    );
    expect(more).toMatchObject({ status: 0 });
    // The same content from elsewhere is the same plugin; other content is another run.
    const edited = join(folder, "edited.mjs");
    writeFileSync(edited, `${readFileSync(plugin("mean-teacher"), "utf8")}\n// Changed.\n`);
    const other = taskloom(
      ...["train", config, "--run", moved, "--resume", "--set", "steps=5", "--set", `plugins=[${edited}]`],
    );
    expect(other.status).toBe(1);
    expect(other.stderr).toContain("plugins");
  });

  it("brings a term that ties two tasks, beside any method", async () => {
    const tied = (tasks: string[]) => ({
      method: { name: "supervised", with: [{ name: "shared-edges", tasks, weight: 0.5 }] },
    });
    const { steps } = await trainWith(folder, "shared-edges", tied(["segmentation", "depth"]));
    expect(Object.keys(steps[0].losses)).toEqual([
      ...["segmentation", "depth", "normals", "shared-edges", "total"],
    ]);
    const config = join(folder, "stray.yaml");
    const changes = { plugins: [plugin("shared-edges")], ...tied(["segmentation", "flow"]) };
    writeFileSync(config, tinyText({ ...SHORT, ...changes }));
    const { status, stderr } = taskloom("train", config, "--run", join(folder, "stray"));
    expect([status, stderr]).toEqual([1, expect.stringContaining('the run has no task "flow"')]);
  });

  it("brings a model, which is evaluated and exported as any other", async () => {
    const { run } = await trainWith(folder, "plain-net", { model: { name: "plain-net", width: 4 } });
    expect(taskloom("evaluate", run, "--split", "test")).toMatchObject({ status: 0 });
    expect(existsSync(join(run, "model.onnx"))).toBe(true);
  });

  it("brings an augmentation, applied by worker threads", async () => {
    const plain = await trainWith(folder, "vignette", { augmentation: [] });
    const dark = await trainWith(folder, "vignette", { augmentation: [{ name: "vignette" }] }, "dark");
    expect(dark.steps[0].losses).not.toEqual(plain.steps[0].losses);
  });

  it("brings a task, measured over the whole set and drawn", async () => {
    const data = join(folder, "salient");
    cpSync(join(folder, "data"), data, { recursive: true });
    for (const split of ["train", "val", "test"]) {
      cpSync(join(data, split, "segmentation"), join(data, split, "saliency"), { recursive: true });
    }
    const yaml = join(data, "dataset.yaml");
    const entry = "tasks:\n  saliency: {kind: saliency, ignore: 255}\n";
    writeFileSync(yaml, readFileSync(yaml, "utf8").replace("tasks:\n", entry));
    const { run } = await trainWith(folder, "saliency", {
      data: { path: data },
      tasks: ["saliency", "depth"],
    });
    const { status, stdout } = taskloom("evaluate", run, "--split", "test", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout).metrics.saliency).toHaveProperty("setF");
  });

  it("brings a format, also for the commands on data", () => {
    const listed = scratchFolder();
    const image = (split: string, n: number) =>
      `${join(folder, "data", split, "image", `${split}-${n}.png`)}`;
    for (const [split, n] of [
      ["train", 0],
      ["val", 0],
    ] as const) {
      writeFileSync(join(listed, `${split}${n}.png`), readFileSync(image(split, n)));
    }
    const mask = join(folder, "data/train/segmentation/train-0.png");
    writeFileSync(join(listed, "mask.png"), readFileSync(mask));
    writeFileSync(join(listed, "list.csv"), "train,a,train0.png,mask.png\nval,b,val0.png\n");
    const out = join(listed, "converted");
    const args = ["--plugin", plugin("listed-format"), "data", "convert", "listed", listed, "--out", out];
    expect(taskloom(...args)).toMatchObject({ status: 0 });
    expect(existsSync(join(out, "train/segmentation/a.png"))).toBe(true);
    expect(existsSync(join(out, "val/segmentation/b.png"))).toBe(false);
  });

  it("brings a constraint, which ties the tasks of a run", async () => {
    const { steps } = await trainWith(folder, "floors-are-level", {
      method: { name: "supervised", with: [{ name: "floors-are-level", classes: ["left", "disc"] }] },
    });
    expect(steps[0].losses["floors-are-level"]).toBeGreaterThan(0);
    const config = join(folder, "floors-without.yaml");
    const method = { name: "supervised", with: [{ name: "floors-are-level" }] };
    writeFileSync(config, tinyText({ ...SHORT, plugins: [plugin("floors-are-level")], method }));
    const { status, stderr } = taskloom("train", config, "--run", join(folder, "floors-without"));
    expect(status).toBe(1);
    expect(stderr).toMatch(/error: floors-are-level: classes: .*no class floor.*left, right, disc/);
  });

  it("brings a world, rendered by worker threads, and trained on", async () => {
    const out = scratchFolder();
    const size = ["--train", "4", "--val", "2", "--test", "2", "--size", "32x32"];
    const args = ["data", "synth", "--world", "squares", ...size, "--out", join(out, "squares")];
    expect(taskloom("--plugin", plugin("squares-world"), ...args)).toMatchObject({ status: 0 });
    const { steps } = await trainWith(folder, "squares-world", {
      data: { path: join(out, "squares") },
      model: { name: "segnet", width: 4 },
    });
    expect(Object.keys(steps[0].losses)).toEqual(["segmentation", "depth", "total"]);
  });
});

describe("a plugin that does not hold is refused by one message", () => {
  it.each([
    ["is missing", null, "missing.mjs"],
    ["has a syntax error", "export const methods = [", "cannot be loaded"],
    ["throws", 'throw new Error("no such luck");', "no such luck"],
    ["exports nothing", "const x = 1;", "exports nothing"],
    ["exports a misspelt kind", "export const weighting = [];", "Did you mean weightings?"],
    ["has an entry without its functions", 'export const models = [{ name: "x" }];', "no options, create"],
    ["takes a built-in name", 'export const formats = [{ name: "camvid", open() {} }];', "already"],
    ["has no name", "export const formats = [{ open() {} }];", "no name"],
  ])("where it %s", (_why, text, message) => {
    const path = join(scratchFolder(), "missing.mjs");
    if (text !== null) writeFileSync(path, text);
    const { status, stderr } = taskloom("--plugin", path, "data", "inspect", dirname(path));
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(message);
  });
});
