import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { greyPng, noisePng, writeFiles } from "../helpers/dataset.js";
import { writeProject } from "../helpers/tiny.js";
import { runCli, runProcess, userMessage } from "./helpers.js";

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
  // What is said on the way depends on how long it took.
  const end = lines.findIndex((line) => line.startsWith("100%"));
  expect(lines[end]).toMatch(/^100% {2}step 4\/4 {2}.*images\/s {2}total \d/);
  expect(lines[end + 1]).toMatch(/^step 4, on val: segmentation /);
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

interface Predicted {
  readonly written: readonly { image: string; tasks: Record<string, Record<string, string>> }[];
  readonly failed: readonly { image: string; code: string; message: string }[];
  readonly passedOver: readonly string[];
}

test("predict takes a run, or a model of any batch and operator set, and gives the same", async () => {
  const image = join("data", "test", "image", "test-0.png");
  for (const [name, ...flags] of [["model"], ["batch", "--batch", "2"], ["newer", "--opset", "21"]]) {
    const exported = await cli("export", "runs/config", "--out", `${name}.onnx`, ...flags);
    expect(exported.code, exported.stderr).toBe(0);
  }
  const files = (out: string) => readdirSync(join(folder, out));
  for (const source of ["runs/config", "model.onnx", "batch.onnx", "newer.onnx"]) {
    const out = `out-${source.replace(/\W/g, "")}`;
    const { written, failed } = await json<Predicted>("predict", source, image, "--out", out);
    expect([written.length, failed]).toEqual([1, []]);
    expect(files(out)).toEqual([
      "test-0.depth.npy",
      "test-0.depth.png",
      "test-0.normals.npy",
      "test-0.normals.png",
      "test-0.segmentation.index.png",
      "test-0.segmentation.png",
    ]);
    for (const name of files(out)) {
      const [a, b] = ["out-runsconfig", out].map((each) => readFileSync(join(folder, each, name)));
      expect(a.equals(b), name).toBe(true);
    }
  }
  expect(userMessage(await cli("export", "runs/config", "--out", "x.onnx", "--opset", "22"))).toContain(
    "expected a whole number from 13 to 21, got 22",
  );
});

test("predict takes folders and patterns, finishes the rest, and names what failed", async () => {
  await writeFiles(join(folder, "photos"), {
    "10.png": noisePng(50, 40),
    "9.png": noisePng(33, 70),
    "deep/1.png": noisePng(20, 20),
    "deep/cut.png": noisePng(20, 20).subarray(0, 300),
    "notes.txt": "",
  });
  const args = [
    "predict",
    "runs/config",
    "photos",
    "gone/*.jpg",
    "--out",
    "many",
    "--tile",
    "--overlap",
    "0.5",
  ];
  const result = await cli(...args, "--scores", "--json");
  expect(userMessage(result)).toMatch(
    /2 inputs could not be predicted: gone\/\*\.jpg, photos\/deep\/cut\.png\./,
  );
  expect(result.stderr).toMatch(/^photos\/deep\/cut\.png: the PNG file ends too early/m);
  expect(result.stderr).toContain("passed over, no images: 1 (photos/notes.txt)");
  const { written, failed, passedOver } = JSON.parse(result.stdout) as Predicted;
  expect(written.map(({ image }) => image)).toEqual(["photos/9.png", "photos/10.png", "photos/deep/1.png"]);
  expect(failed.map(({ code }) => code)).toEqual(["predict.no-images", "data.truncated-png"]);
  expect(passedOver).toEqual(["photos/notes.txt"]);
  const { segmentation } = written[2].tasks;
  expect(segmentation).toEqual({
    picture: "many/deep/1.segmentation.png",
    decision: "many/deep/1.segmentation.index.png",
    array: "many/deep/1.segmentation.npy",
  });
  for (const path of Object.values(segmentation)) expect(existsSync(join(folder, path))).toBe(true);
  const one = await cli("predict", "runs/config", "photos/9.png", "photos/deep/cut.png", "--out", "two");
  expect(userMessage(one)).toMatch(/^error: photos\/deep\/cut\.png: the PNG file ends too early/);
  expect(one.stdout.split("\n")).toContain("two/9.depth.png");
});

test("predict says which of its options it does not understand", async () => {
  const predict = ["predict", "runs/config", "--out", "x"];
  for (const [message, ...flags] of [
    ["--overlap goes with --tile", "a.png", "--overlap", "0.5"],
    ["from 0 to 0.9", "a.png", "--tile", "--overlap", "0.95"],
    ["HEIGHTxWIDTH in pixels of the image, auto, or nothing", "--tile", "a.png"],
  ]) {
    const { code, stderr } = await cli(...predict, ...flags);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
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

test("data synth writes snippets of a world that moves, and says what it lacks", async () => {
  const args = ["--world", "streets", "--train", "1", "--val", "0", "--test", "1", "--size", "24x48"];
  const out = await json("data", "synth", "--out", "drive", ...args, "--video", "2", "--style", "plain");
  expect(out).toMatchObject({ images: 4, video: 2, splits: { train: 1, test: 1 } });
  expect(await json("data", "inspect", "drive")).toMatchObject({
    name: "streets-plain-0",
    splits: { train: 2, test: 2 },
    badFiles: [],
    warnings: [],
  });
  const sequences = JSON.parse(readFileSync(join(folder, "drive", "sequences.json"), "utf8"));
  expect(sequences.train[0].frames).toEqual(["000000-000000", "000000-000001"]);
  expect(sequences.train[0].poses[1]).toHaveLength(12);
  const oils = await cli("data", "synth", "--out", "oils", ...args, "--style", "oils");
  expect(userMessage(oils)).toContain("photo or plain");
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
  const { stdout } = await runProcess(["doctor", "--json"], folder);
  expect(JSON.parse(stdout)).toMatchObject({
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
