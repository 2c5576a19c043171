import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { encodePng } from "../../src/data/files/png.js";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import { tinyText, writeTiny } from "../helpers/tiny.js";
import { runCli, runLimited, userMessage } from "./helpers.js";

let folder: string;
const label = (task: string) => join("data", "train", task, "train-0.png");
const at = (...parts: string[]) => join(folder, ...parts);
const configure = (changes: Readonly<Record<string, unknown>>) => {
  writeFileSync(at("config.yaml"), tinyText({ steps: 6, labels: { scenario: "full" }, ...changes }));
};
const train = (...args: string[]) => runCli(["train", "config.yaml", "--run", "run", ...args], folder);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "taskloom-"));
});
beforeEach(async () => {
  for (const name of ["data", "run"]) rmSync(at(name), { recursive: true, force: true });
  await writeTiny(at("data"), { train: 4, val: 1 });
  configure({});
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a configuration with", () => {
  test("an unknown key", async () => {
    configure({ batchsize: 3 });
    expect(userMessage(await train())).toMatch(/config\.yaml:\d+:1: unknown key `batchsize`.*`batchSize`/);
  });

  test("a value of the wrong type", async () => {
    configure({ steps: "many" });
    expect(userMessage(await train())).toMatch(/config\.yaml:\d+:8: `steps`.*expected number.*"many"/);
  });

  test("a folder that is not there", async () => {
    configure({ data: { path: "missing" } });
    expect(userMessage(await train())).toContain(at("missing"));
  });

  test("a weighting and only one task", async () => {
    configure({ tasks: ["depth"], weighting: { name: "pcgrad" } });
    expect(userMessage(await train())).toMatch(/weighting: pcgrad weighs.*2 tasks or more, got depth/);
    expect(existsSync(at("run", "metrics.jsonl"))).toBe(false);
  });

  test("a weighting by shared parameters and networks that share none", async () => {
    configure({ method: { name: "single-task" }, weighting: { name: "mgda" } });
    expect(userMessage(await train())).toMatch(/weighting: mgda.*share none/);
  });

  test("two weightings", async () => {
    writeFileSync(at("config.yaml"), `${tinyText({})}weighting: {name: dwa}\nweighting: {name: rlw}\n`);
    expect(userMessage(await train())).toMatch(/config\.yaml.*unique/);
  });

  test("a size that the network cannot take", async () => {
    configure({ data: { path: "data", size: [33, 40] } });
    expect(userMessage(await train())).toMatch(/data\.size.*multiples of 32.*\[33, 40\]/);
  });
});

describe("transfers that cannot be", () => {
  test.each<[string, object, object, RegExp]>([
    ["of one task", { tasks: ["depth"] }, {}, /tasks: xtasc .*at least two.*got depth/],
    [
      "by an edge to a task that is not there",
      {},
      { transfer: "graph", edges: [["depth", "normal"]] },
      /method\.edges\.0: the run has no task normal .*Did you mean `normals`/,
    ],
    [
      "by a hub that is no task",
      {},
      { transfer: "hub", hub: "wall" },
      /method\.hub: the run has no task wall/,
    ],
  ])("%s", async (_what, changes, options, message) => {
    configure({ ...changes, method: { name: "xtasc", width: 2, ...options } });
    expect(userMessage(await train())).toMatch(message);
    expect(existsSync(at("run"))).toBe(false);
  });
});

describe("a dataset with", () => {
  test("a truncated PNG", async () => {
    const file = join("data", "train", "image", "train-0.png");
    truncateSync(at(file), 300);
    expect(userMessage(await train())).toContain(at(file));
  });

  test("a label of another size than its image", async () => {
    writeFileSync(
      at(label("segmentation")),
      encodePng({ width: 16, height: 16, channels: 1, data: new Uint8Array(256) }),
    );
    expect(userMessage(await train())).toMatch(/segmentation.train-0\.png.*expected 32x32.*got 16x16/);
  });

  test("a class index out of range", async () => {
    const data = new Uint8Array(1024).fill(9);
    writeFileSync(at(label("segmentation")), encodePng({ width: 32, height: 32, channels: 1, data }));
    expect(userMessage(await train())).toMatch(/segmentation.train-0\.png.*0 to 2.*got 9/);
  });

  test("a depth map without a valid pixel: it counts as not labelled, with one warning", async () => {
    writeFileSync(
      at(label("depth")),
      encodePng({ width: 32, height: 32, channels: 1, data: new Uint16Array(1024) }),
    );
    const { code, stderr } = await train();
    expect(code, stderr).toBe(0);
    expect(stderr.match(/train-0\.png/g), stderr).toHaveLength(1);
    expect(stderr).toContain(`warning: ${at(label("depth"))}: no pixel of the label is valid`);
  });
});

describe("a run folder that", () => {
  test("cannot be written", async () => {
    const runs = ["config.yaml/run", "/proc/taskloom/run"].map((run) =>
      runCli(["train", "config.yaml", "--run", run], folder),
    );
    for (const result of await Promise.all(runs))
      expect(userMessage(result)).toMatch(/(config\.yaml|proc).*run/);
  });

  test("holds something else", async () => {
    mkdirSync(at("run"));
    writeFileSync(at("run", "thesis.txt"), "precious");
    expect(userMessage(await train())).toContain("not empty");
    expect(userMessage(await train("--resume"))).toContain("holds no run");
    expect(readFileSync(at("run", "thesis.txt"), "utf8")).toBe("precious");
  });
});

describe("nothing saved is lost by", () => {
  const last = () => at("run", "checkpoints", "last.safetensors");

  test("a loss that is no number: the message names the term, the step and the checkpoint", async () => {
    configure({ optimizer: { name: "adam", learningRate: 1e30 }, checkpoint: { every: 1 } });
    const message = userMessage(await train());
    expect(message).toMatch(/loss term (segmentation|depth|normals|total) is (NaN|-?Infinity) at step 2/);
    expect(message).toContain(join("run", "checkpoints", "last.safetensors"));
    expect((await loadCheckpoint(last())).state.step).toBe(1);
  });

  test("a disk that is full during a checkpoint", async () => {
    configure({ steps: 3, evaluation: { split: null } });
    expect((await train()).code).toBe(0);
    const before = readFileSync(last());
    const kilobytes = Math.floor(statSync(last()).size / 2048);
    const limited = await runLimited(
      ["train", "config.yaml", "--run", "run", "--resume", "--set", "steps=9"],
      folder,
      kilobytes,
    );
    expect(userMessage(limited)).toContain("last.safetensors");
    expect(readFileSync(last()).equals(before)).toBe(true);
    const resumed = await train("--resume", "--set", "steps=9");
    expect(resumed.code, resumed.stderr).toBe(0);
    expect((await loadCheckpoint(last())).state.step).toBe(9);
  });

  test("a disk that is full, for real", async ({ skip }) => {
    const disk = at("run");
    mkdirSync(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      skip("needs the right to mount a tmpfs");
    }
    try {
      configure({ checkpoint: { every: 1 }, samples: { count: 0 }, model: { name: "segnet", width: 6 } });
      expect(userMessage(await train())).toContain("the disk is full");
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  test("a corrupt checkpoint: the one before it is taken, with a warning; without it, one message", async () => {
    configure({ steps: 3, checkpoint: { every: 1 }, evaluation: { split: null } });
    expect((await train()).code).toBe(0);
    const bytes = readFileSync(last());
    bytes[bytes.length - 7] ^= 0x10;
    writeFileSync(last(), bytes);
    const resumed = await train("--resume");
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toMatch(/last\.safetensors is damaged: going on from .*last\.prev\.safetensors/);
    for (const name of ["last", "last.prev"])
      truncateSync(at("run", "checkpoints", `${name}.safetensors`), 500);
    expect(userMessage(await train("--resume"))).toContain(join("run", "checkpoints", "last.safetensors"));
  });
});
