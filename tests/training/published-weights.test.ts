import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { readSafetensors } from "../../src/disk/safetensors.js";
import { train } from "../../src/training/index.js";
import { publishedFile } from "../../src/training/published-weights.js";
import { openWeights } from "../../src/training/weight-files.js";
import { fileServer } from "../helpers/file-server.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

const GOLDEN = new URL("../golden/resnet18.pth", import.meta.url).pathname;
const CONTENT = new Uint8Array(readFileSync(GOLDEN));
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");
const quiet = () => undefined;

let cache: string;
beforeEach(() => {
  cache = scratchFolder();
  vi.stubEnv("TASKLOOM_CACHE", cache);
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, undefined);
  return () => vi.unstubAllEnvs();
});

const inCache = (address: string) => {
  const { host, pathname } = new URL(address);
  return join(cache, "weights", host.replace(":", "_"), pathname);
};

describe("published weights", () => {
  it("are fetched once, and found in the cache from then on", async () => {
    const { address, asked } = await fileServer(CONTENT);
    const name = `${address}/models/small.pth#sha256=${SHA256}`;
    const said: string[] = [];
    const path = await publishedFile(name, (line) => said.push(line));
    expect(path).toBe(inCache(`${address}/models/small.pth`));
    expect(said).toEqual([`Fetching ${address}/models/small.pth into ${path} (once).`]);
    expect(await publishedFile(name, quiet)).toBe(path);
    expect(asked.map(({ url }) => url)).toEqual(["/models/small.pth"]);
  });

  it("are fetched by one run while others wait", async () => {
    const { address, asked } = await fileServer(CONTENT);
    const name = `${address}/small.pth#sha256=${SHA256}`;
    const paths = await Promise.all([publishedFile(name, quiet), publishedFile(name, quiet)]);
    expect(paths[0]).toBe(paths[1]);
    expect(asked.length).toBe(1);
  });

  it("are refused where another file lies in their place", async () => {
    const path = inCache("https://download.pytorch.org/models/resnet18-f37072fd.pth");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "no weights");
    const error = await userError(() => publishedFile("torchvision/resnet18", quiet));
    expect(error.facts).toMatchObject({ code: "weights.other-file", where: path });
    expect(error.facts.expected).toMatch(/^f37072fd/);
  });

  it.each([
    ["torchvision/resnet18", "resnet18-f37072fd.pth"],
    ["torchvision/resnet34", "resnet34-b627a593.pth"],
    ["torchvision/resnet50", "resnet50-0676ba61.pth"],
  ])("%s: offline, tells address and place", async (name, file) => {
    // Nothing answers at the discard port.
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:9");
    vi.stubEnv("NO_PROXY", undefined);
    vi.stubEnv("no_proxy", undefined);
    const error = await userError(() => publishedFile(name, quiet));
    const address = `https://download.pytorch.org/models/${file}`;
    expect(error.facts).toMatchObject({ code: "download.unreachable", where: address });
    expect(error.message).toContain(`fetch ${address} on another machine and put it at ${inCache(address)}`);
  });
});

describe("a run that starts from published weights", () => {
  const model = (weights: string, more = "") =>
    `model={name: deeplabv3plus, encoder: resnet18, width: 2, weights: "${weights}"${more}}`;
  const SHORT = [
    "evaluation.split=null",
    "checkpoint.best=null",
    "steps=2",
    "optimizer.learningRate=0.01",
    "labels={scenario: full}",
    "batchSize=2",
  ];
  const encoderOf = async (run: string) => {
    const { arrays } = await readSafetensors(join(run, "checkpoints", "last.safetensors"));
    return (name: string) => arrays.get(name)?.data as Float32Array;
  };
  const FIRST = "layer1.0.conv1.weight";
  const STATISTIC = "layer4.1.bn2.running_mean";

  async function project() {
    const folder = scratchFolder();
    await writeTiny(join(folder, "data"), { train: 4, val: 1 });
    const { address } = await fileServer(CONTENT);
    const weights = await openWeights(GOLDEN);
    return { folder, name: `${address}/small.pth#sha256=${SHA256}`, weights };
  }

  it("moves a frozen encoder by nothing, its statistics included, and exports it", async () => {
    const { folder, name, weights } = await project();
    const run = join(folder, "run");
    const config = tinyConfig(folder, model(name, ", freeze: true"), ...SHORT, "ema=0.5");
    expect(config.model.weights).toBe(name);
    await train({ config, folder: run });
    const arrays = await encoderOf(run);
    for (const each of [FIRST, STATISTIC, "bn1.bias"]) {
      expect(arrays(`encoder.${each}`)).toEqual(await weights.read(each));
    }
    expect(arrays("decoder.0.1.running_mean").some((value) => value !== 0)).toBe(true);
    expect(arrays("head.depth.bias")[0]).not.toBe(0);
    expect(existsSync(join(run, "model.onnx"))).toBe(true);
  });

  it("moves the encoder at its own rate", async () => {
    const { folder, name, weights } = await project();
    const run = join(folder, "run");
    const set = [model(name), ...SHORT, "optimizer.encoder.learningRate=0.0001"];
    await train({ config: tinyConfig(folder, ...set), folder: run });
    const arrays = await encoderOf(run);
    const before = await weights.read(FIRST);
    const change = Math.max(...arrays(`encoder.${FIRST}`).map((value, i) => Math.abs(value - before[i])));
    // Adam's first steps are about as long as the rate.
    expect(change).toBeGreaterThan(0.00005);
    expect(change).toBeLessThan(0.0003);
    expect(Math.abs(arrays("head.depth.bias")[0])).toBeGreaterThan(0.005);
  });
});

it.each([
  [
    "a name that is not known",
    ["model={name: depth-net, weights: torchvision/resnet19}"],
    "config.bad-value",
  ],
  ["a frozen encoder that knows nothing", ["model.freeze=true"], "config.frozen-without-weights"],
  [
    "a rate for a frozen encoder",
    ["model={name: segnet, freeze: true, weights: a.pth}", "optimizer.encoder.learningRate=0.1"],
    "config.frozen-with-rate",
  ],
])("refuses %s", async (_name, set, code) => {
  expect((await userError(() => tinyConfig(scratchFolder(), ...set))).facts.code).toBe(code);
});
