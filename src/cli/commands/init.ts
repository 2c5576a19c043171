/** @file `taskloom init` */
import { basename, join, resolve } from "node:path";
import { Command } from "commander";
import type { PresetName } from "../../training/index.js";
import { everyTenth, print, printJson, splitShares, wholeNumber } from "../output.js";
import { presetOption } from "../preset-option.js";
import { startedText } from "../started-text.js";

const AFTER = `
Looks at what is there, guesses classes, colours and units, and writes a dataset folder with dataset.yaml and a
config.yaml that trains. Photos and labels get a second name in it (hard links), so they take no room twice.
Label files are named like their photo; an ending such as _mask or -depth does not count. Near-duplicates and
frames that follow one another in a video lie in one split.

Examples:
  $ taskloom init photos --masks masks
  $ taskloom init photos --masks masks --depth depth --out rooms
  $ taskloom init photos --masks masks --preset fast
  $ taskloom train photos-dataset/config.yaml
`;

interface InitFlags {
  readonly masks?: string;
  readonly depth?: string;
  readonly out?: string;
  readonly split?: { readonly train: number; readonly val: number; readonly test: number };
  readonly seed: number;
  readonly preset?: PresetName;
  readonly json?: boolean;
}

export function initCommand(): Command {
  return new Command("init")
    .description("make a dataset and a configuration out of a folder of photos")
    .argument("<photos>", "folder of photos, with its sub-folders")
    .option("--masks <dir>", "folder of segmentation masks: class indices, colours, or black and white")
    .option("--depth <dir>", "folder of depth maps: 16-bit, or floats in metres")
    .option("--out <dir>", "folder to write (default: <photos>-dataset)")
    .option("--split <shares>", "training, validation and test in percent (default: 80,10,10)", splitShares)
    .addOption(presetOption("settings of the configuration (default: good)"))
    .option("--seed <number>", "another seed gives other splits", wholeNumber(0), 0)
    .option("--json", "print one JSON document")
    .addHelpText("after", AFTER)
    .action(initAction);
}

async function initAction(photos: string, flags: InitFlags): Promise<void> {
  const { masks, depth, split: shares, seed, preset, json } = flags;
  const { startDataset } = await import("../../data/index.js");
  const { startingConfig } = await import("../../training/index.js");
  const out = flags.out ?? `${basename(resolve(photos))}-dataset`;
  const steps = new Map<string, (done: number, total: number) => void>();
  const found = await startDataset({
    ...{ photos, masks, depth, out, shares, seed },
    files: (started): Record<string, string> =>
      Object.keys(started.tasks).length === 0 ? {} : { "config.yaml": startingConfig(started, preset) },
    onProgress: (what, done, total) => {
      if (!steps.has(what)) steps.set(what, everyTenth(what));
      steps.get(what)!(done, total);
    },
  });
  const config = join(out, "config.yaml");
  const trainable = Object.keys(found.tasks).length > 0;
  if (json) return printJson({ path: out, ...(trainable && { config }), ...found });
  print(startedText(out, found));
}
