import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { greyPng, noisePng, writeFiles } from "../helpers/dataset.js";
import { writeProject } from "../helpers/tiny.js";
import { runCli, userMessage } from "./helpers.js";

let folder: string;
/** What the training told people. */
let trained: string;
const cli = (...args: string[]) => runCli(args, folder);
/** The JSON document on stdout of a command that worked. */
async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await cli(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "taskloom-"));
  await writeProject(folder);
  const { code, stderr } = await cli("train", "config.yaml", "--set", "steps=4");
  expect(code, stderr).toBe(0);
  trained = stderr;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("train fills runs/<name> and the report stands alone", () => {
  const run = join(folder, "runs", "config");
  const report = readFileSync(join(run, "report.html"), "utf8");
  expect(report).toContain("<title>config</title>");
  expect(report).toContain("data:image/png;base64,");
  expect(report).not.toMatch(/(src|href)="(https?:|\/)/);
});

test("train says at once what it trains on what, then how it went, in plain lines", () => {
  const lines = trained.trimEnd().split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "runs/config: supervised (paper) on segnet, 4 steps of 4 images, cpu, 1 threads",
    "tiny: 8 images of 32x32 in train, 3 in val; labels: segmentation 3, depth 3, normals 2",
    expect.stringMatching(/^[\d.]+ [kM] parameters; compiling$/),
  ]);
  expect(lines[3]).toMatch(/^100% {2}step 4\/4 {2}.*images\/s {2}total \d/);
  expect(lines[4]).toMatch(/^step 4, on val: segmentation /);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  expect(trained).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

test("evaluate prints one JSON document, or a table", async () => {
  const result = await json<{ metrics: Record<string, Record<string, number>>; split: string }>(
    "evaluate",
    "runs/config",
  );
  expect(result.split).toBe("test");
  expect(result.metrics.depth.aErr).toBeGreaterThan(0);
  const { stdout, stderr } = await cli("evaluate", "runs/config", "--split", "val");
  expect(stderr).toMatch(/^100% {2}image 3\/3$/m);
  expect(stdout).toMatch(/depth +aErr \[m\] ↓/);
});

test("evaluate and train fail with 1 where results are not as expected", async () => {
  const expected = "expect=[{task: depth, metric: aErr, value: 1000, tolerance: 1}]";
  const trained = await cli(
    "train",
    "config.yaml",
    "--set",
    "steps=1",
    "--set",
    expected,
    "--run",
    "runs/missed",
  );
  expect(userMessage(trained)).toContain("depth.aErr 1000 ± 1");
  expect(userMessage(await cli("evaluate", "runs/missed"))).toContain("depth.aErr 1000 ± 1");
});

test("predict takes a run or a model and gives the same", async () => {
  const image = join("data", "test", "image", "test-0.png");
  const exported = await cli("export", "runs/config", "--out", "model.onnx");
  expect(exported.code, exported.stderr).toBe(0);
  for (const source of ["runs/config", "model.onnx"]) {
    const written = await json<unknown[]>(
      "predict",
      source,
      image,
      "--out",
      `out-${source.replace(/\W/g, "")}`,
    );
    expect(written).toHaveLength(1);
  }
  const [a, b] = ["out-runsconfig", "out-modelonnx"].map((out) => join(folder, out));
  expect(readdirSync(a)).toEqual([
    "test-0.depth.npy",
    "test-0.depth.png",
    "test-0.normals.npy",
    "test-0.normals.png",
    "test-0.segmentation.npy",
    "test-0.segmentation.png",
  ]);
  for (const name of readdirSync(a)) {
    expect(readFileSync(join(a, name)).equals(readFileSync(join(b, name))), name).toBe(true);
  }
});

test("predict refuses what is no model or no image, in one line", async () => {
  writeFileSync(join(folder, "text.onnx"), "not a model");
  const image = join("data", "test", "image", "test-0.png");
  expect(userMessage(await cli("predict", "text.onnx", image, "--out", "x"))).toContain("text.onnx");
  expect(userMessage(await cli("predict", "missing.onnx", image, "--out", "x"))).toContain("missing.onnx");
  expect(userMessage(await cli("predict", "model.onnx", "config.yaml", "--out", "x"))).toContain(
    "config.yaml",
  );
});

test("data synth, inspect and strip work together", async () => {
  const args = ["--world", "rooms", "--train", "2", "--val", "1", "--test", "0", "--size", "32x48"];
  expect(await json("data", "synth", "--out", "rooms", ...args)).toMatchObject({ images: 3 });
  expect(await json("data", "inspect", "rooms")).toMatchObject({
    splits: { train: 2, val: 1 },
    sizes: { "48x32": 3 },
  });
  const strip = await json<{ perTask: Record<string, number> }>(
    "data",
    "strip",
    "rooms",
    "--scenario",
    "onelabel",
    "--out",
    "labels.json",
  );
  expect(Object.values(strip.perTask).reduce((a, b) => a + b)).toBe(2);
  expect(existsSync(join(folder, "labels.json"))).toBe(true);
  writeFileSync(join(folder, "rooms", "train", "depth", "000000.png"), "broken");
  const { code, stdout, stderr } = await cli("data", "inspect", "rooms", "--json");
  expect(code, stderr).toBe(1);
  expect((JSON.parse(stdout) as { badFiles: unknown[] }).badFiles).toHaveLength(1);
});

test("data convert writes a dataset folder, at another size if asked", async () => {
  await writeFiles(join(folder, "CamVid"), {
    "train/a.png": noisePng(4, 2),
    "trainannot/a.png": greyPng(4, [0, 1, 2, 3, 4, 5, 6, 11]),
    "val/b.png": noisePng(4, 2),
  });
  const convert = ["data", "convert", "camvid", "CamVid", "--out"];
  expect(await json(...convert, "converted", "--size", "4x8")).toEqual({
    path: "converted",
    splits: { train: 1, val: 1 },
    camera: "none",
  });
  expect(await json("data", "inspect", "converted")).toMatchObject({
    sizes: { "8x4": 2 },
    tasks: { segmentation: { labelled: { train: 1, val: 0 } } },
    badFiles: [],
  });
  expect((await cli(...convert, "again")).stdout).toBe("again: train 1, val 1\n");
  expect(userMessage(await cli(...convert, "again"))).toContain("the folder already holds");
  expect(userMessage(await cli("data", "convert", "camvit", "CamVid", "--out", "x"))).toContain("camvid");
});

test("doctor tells the versions and which providers work", async () => {
  expect(await json("doctor")).toMatchObject({
    node: process.version,
    onnxruntime: { installed: true },
    providers: expect.arrayContaining([{ name: "cpu", works: true }]),
  });
});

test("wrong usage is exit code 2, help is 0, each in a few lines", async () => {
  for (const args of [
    [],
    ["trian"],
    ["train"],
    ["train", "a", "b"],
    ["train", "config.yaml", "--set", "steps"],
    ["predict", "x"],
  ]) {
    const { code, stderr } = await cli(...args);
    expect(code, `${args}: ${stderr}`).toBe(2);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
  for (const command of ["train", "evaluate", "predict", "export", "doctor"]) {
    const { code, stdout } = await cli(command, "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples?:\n/);
  }
});
