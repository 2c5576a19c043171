import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/training/config/index.js";
import { presetOverrides } from "../../src/training/preset-overrides.js";
import { PRESET_NAMES, type PresetName, presetSettings } from "../../src/training/presets.js";
import { startingConfig } from "../../src/training/starting-config.js";
import { aboutSeconds, estimatedSeconds } from "../../src/training/time-estimate.js";
import { scratchFolder } from "../helpers/folder.js";
import { tinyText, writeTiny } from "../helpers/tiny.js";

const PHOTOS = { images: 800, labelled: { segmentation: 200, depth: 500 }, size: [480, 640] } as const;

describe("presets", () => {
  it.each<[PresetName, object]>([
    ["fast", { size: [96, 128], method: { name: "supervised" }, steps: 1000, model: { name: "segnet" } }],
    ["good", { size: [128, 160], method: { name: "supervised" }, steps: 4000 }],
    ["paper", { size: [288, 384], method: { name: "jtr", variant: "paper" }, steps: 50_000 }],
  ])("%s", (name, expected) => {
    expect(presetSettings(name, PHOTOS)).toMatchObject(expected);
  });

  it("leave unlabelled images to methods that learn from them, and balance scarce labels", () => {
    const sampling = (name: PresetName, labelled: Record<string, number>) =>
      presetSettings(name, { ...PHOTOS, labelled }).sampling;
    expect(sampling("good", PHOTOS.labelled)).toEqual({ balance: "tasks", images: "labelled" });
    expect(sampling("paper", PHOTOS.labelled)).toEqual({ balance: "tasks" });
    expect(sampling("good", { depth: 10 })).toEqual({ images: "labelled" });
    expect(sampling("good", { depth: 800, segmentation: 800 })).toBeUndefined();
  });

  it("keep the shape of the images, upright ones too, and never ask for more than there is", () => {
    const few = { images: 3, labelled: { depth: 3 }, size: [1000, 300] } as const;
    expect(presetSettings("good", few)).toMatchObject({ size: [256, 128], batchSize: 3, steps: 400 });
    expect(presetSettings("good", few).weighting).toBeUndefined();
  });
});

describe("the configuration of a new dataset", () => {
  const found = {
    tasks: { segmentation: { kind: "segmentation", classes: ["a", "b"] }, depth: { kind: "depth" } },
    splits: { train: 800, val: 100, test: 100 },
    labelled: { segmentation: 250, depth: 600 },
    trained: PHOTOS.labelled,
    sizes: { "640x480": 990, "100x100": 10 },
    remarks: [],
  } as unknown as Parameters<typeof startingConfig>[0];

  it.each(PRESET_NAMES)("holds, says its preset and about how long it takes: %s", (name) => {
    const text = startingConfig(found, name);
    expect(text).toContain(`# Preset ${name}: `);
    expect(text).toMatch(/Takes about \d+ (second|minute|hour|day)s? on two cores\./);
    const config = parseConfig(text, "/data/config.yaml");
    expect(config.steps).toBe(presetSettings(name, PHOTOS).steps);
    expect(config.evaluation.split).toBe("val");
  });
});

it("estimates the step that was measured within a third", () => {
  const text =
    "data: {path: a, size: [96, 128]}\nmodel: {name: segnet, width: 16}\nmethod: {name: supervised}\nsteps: 100";
  const classes = Array.from({ length: 13 }, (_, i) => `class-${i}`);
  const specs = {
    segmentation: { kind: "segmentation", classes },
    depth: { kind: "depth" },
    normals: { kind: "normals" },
  };
  const seconds = estimatedSeconds(parseConfig(text, "/c.yaml"), specs)!;
  expect(seconds).toBeGreaterThan(12.9 / 1.5);
  expect(seconds).toBeLessThan(12.9 * 1.5);
  const endless = parseConfig(text.replace("steps: 100", "epochs: 1"), "/c.yaml");
  expect(estimatedSeconds(endless, specs)).toBeUndefined();
});

it.each([
  [0.2, "about 1 second"],
  [89, "about 89 seconds"],
  [200, "about 3 minutes"],
  [5400, "about 2 hours"],
  [4e5, "about 5 days"],
])("%d s read as %s", (seconds, text) => expect(aboutSeconds(seconds)).toBe(text));

it("goes over a configuration, for the labels that its run sees, and under --set", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  const file = join(folder, "config.yaml");
  const text = tinyText({ epochs: 3, steps: undefined, labels: { scenario: "onelabel" } });
  const overrides = await presetOverrides("fast", parseConfig(text, file), () => undefined);
  const own = { path: ["model", "width"], value: 4, text: "model.width=4" };
  const config = parseConfig(text, file, [...overrides, own]);
  expect(config).toMatchObject({
    data: { size: [96, 96] },
    model: { name: "segnet", width: 4 },
    sampling: { balance: "tasks" },
    steps: 200,
    evaluation: { every: 40 },
    checkpoint: { every: 3 },
  });
  expect(config.epochs).toBeUndefined();
});
