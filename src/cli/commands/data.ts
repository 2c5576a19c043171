/** @file `taskloom data`: making and looking at datasets. */
import { Command, Option } from "commander";
import { UserError } from "../../common/errors.js";
import type { ConvertResult } from "../../data/convert.js";
import type { countLabels } from "../../data/scenarios.js";
import {
  collect,
  everyTenth,
  imageSize,
  note,
  print,
  printJson,
  share,
  taskShare,
  wholeNumber,
} from "../output.js";

import { importCommand } from "./data-import.js";
import { splitCommand } from "./data-split.js";

type LabelCounts = ReturnType<typeof countLabels>;

export function dataCommand(): Command {
  return new Command("data")
    .description("make, inspect, convert, import, split and strip datasets")
    .addCommand(synthCommand())
    .addCommand(inspectCommand())
    .addCommand(convertCommand())
    .addCommand(importCommand())
    .addCommand(splitCommand())
    .addCommand(stripCommand());
}

interface SynthFlags {
  readonly out: string;
  readonly world: string;
  readonly train: number;
  readonly val: number;
  readonly test: number;
  readonly size: [number, number];
  readonly seed: number;
  readonly video?: number;
  readonly style?: string;
  readonly lidar?: string | true;
  readonly json?: boolean;
}

function synthCommand(): Command {
  return new Command("synth")
    .description("render a built-in world as a dataset folder with every label")
    .requiredOption("--out <dir>", "folder to write")
    .requiredOption("--world <name>", "world to render: rooms, streets")
    .option("--train <count>", "training images", wholeNumber(0), 400)
    .option("--val <count>", "validation images", wholeNumber(0), 50)
    .option("--test <count>", "test images", wholeNumber(0), 100)
    .option("--size <HxW>", "height and width", imageSize, [96, 128])
    .option("--seed <number>", "another seed gives other images", wholeNumber(0), 0)
    .option(
      "--video <frames>",
      "snippets of so many frames: the counts are those of snippets",
      wholeNumber(1),
    )
    .option("--style <name>", "how it is drawn: photo, plain (default: photo)")
    .option(
      "--lidar [sensor]",
      "sweeps of a LiDAR sensor, too (streets): hdl-32e, hdl-64e, waymo-top (without a name: hdl-32e)",
    )
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExamples:\n  $ taskloom data synth --out rooms --world rooms --train 400 --test 100\n" +
        "  $ taskloom data synth --out streets --world streets --video 8 --train 50 --size 96x192\n",
    )
    .action(async ({ out, world, train, val, test, size, seed, video, style, lidar, json }: SynthFlags) => {
      const { DEFAULT_LIDAR, worldByName, writeWorld } = await import("../../data/index.js");
      const splits = { train, val, test };
      const images = await writeWorld({
        out,
        world: worldByName(world, style),
        style,
        splits,
        size,
        seed,
        video,
        lidar: lidar === true ? DEFAULT_LIDAR : lidar,
        onProgress: everyTenth("rendered"),
      });
      if (json) printJson({ path: out, images, splits, ...(video && { video }) });
      else print(`${images} images in ${out}`);
    });
}

function inspectCommand(): Command {
  return new Command("inspect")
    .description("count, measure and check every file of a dataset; exit code 1 if a file is bad")
    .argument("<dir>", "dataset folder")
    .option("--format <name>", "layout of the folder", "folder")
    .option("--lidar", "look at the folder's LiDAR sweeps instead of its images")
    .option("--html <file>", "write a page of the images with their labels over them, the worst first")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ taskloom data inspect rooms --html rooms.html\n")
    .action(async (path: string, { format, html, json, lidar }: InspectFlags) => {
      const { inspectDataset, openDataset, USUAL_SWEEPS } = await import("../../data/index.js");
      const { datasetText } = await import("../dataset-text.js");
      const source = { format, path, ...(lidar && { sweeps: USUAL_SWEEPS }) };
      const { ContactSheet } = await import("../../report/index.js");
      const sheet = html === undefined ? undefined : new ContactSheet((await openDataset(source)).info.tasks);
      const report = await inspectDataset(source, {
        onProgress: everyTenth("read"),
        onSample: async (split, sample, problems) => sheet?.add(split, sample, problems),
      });
      if (sheet !== undefined && html !== undefined) {
        const { replaceFile } = await import("../../disk/files.js");
        await replaceFile(html, sheet.page(report));
        note(`${html}: images with their labels`);
      }
      if (json) printJson(report);
      else print(datasetText(report));
      if (report.badFiles.length === 0) return;
      throw new UserError({
        code: "data.bad-files",
        where: path,
        what: `${report.badFiles.length} bad file${report.badFiles.length === 1 ? "" : "s"}`,
        got: report.badFiles[0].message.replace(/\.$/, ""),
        fix: "Mend or remove them.",
      });
    });
}

interface InspectFlags {
  readonly format: string;
  readonly html?: string;
  readonly json?: boolean;
  readonly lidar?: boolean;
}

interface ConvertFlags {
  readonly out: string;
  readonly size?: [number, number];
  readonly json?: boolean;
}

function convertCommand(): Command {
  return new Command("convert")
    .description("write a dataset of any format as a dataset folder")
    .argument("<format>", "layout of the data, e.g. cityscapes")
    .argument("<dir>", "folder of the data")
    .requiredOption("--out <dir>", "folder to write")
    .option("--size <HxW>", "resize to this height and width", imageSize)
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ taskloom data convert camvid CamVid --out camvid\n")
    .action(async (format: string, path: string, { out, size, json }: ConvertFlags) => {
      const { convertDataset } = await import("../../data/index.js");
      const source = { format, path, size };
      const result = await convertDataset({ source, out, onProgress: everyTenth("converted") });
      if (json) printJson({ path: out, ...result });
      else print(convertText(out, result));
    });
}

function convertText(out: string, { splits, camera }: ConvertResult): string {
  const counts = Object.entries(splits).map(([split, images]) => `${split} ${images}`);
  const lost =
    camera === "differs" ? "; the cameras differ from image to image, so dataset.yaml has none" : "";
  return `${out}: ${counts.join(", ")}${lost}`;
}

interface StripFlags {
  readonly scenario: string;
  readonly out: string;
  readonly seed: number;
  readonly unlabelled: number;
  readonly fraction?: readonly (readonly [string, number])[];
  readonly split: string;
  readonly task?: string[];
  readonly format: string;
  readonly json?: boolean;
}

function stripCommand(): Command {
  return new Command("strip")
    .description("draw which labels are kept, as a file that every method can share")
    .argument("<dir>", "dataset folder")
    .addOption(
      new Option("--scenario <name>", "what is kept")
        .choices(["full", "onelabel", "randomlabels", "halflabels", "fraction"])
        .makeOptionMandatory(),
    )
    .requiredOption("--out <file>", "labels file to write")
    .option("--seed <number>", "another seed keeps other labels", wholeNumber(0), 0)
    .option("--unlabelled <share>", "share of images that keep no label, 0 to 1", share, 0)
    .option("--fraction <task=share>", "for scenario fraction; may be given several times", taskShare)
    .option("--split <name>", "split to draw for", "train")
    .option("--task <name>", "task to keep labels of; may be given several times (default: all)", collect)
    .option("--format <name>", "layout of the folder", "folder")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExample:\n  $ taskloom data strip rooms --scenario onelabel --seed 0 --out labels.json\n",
    )
    .action(async (path: string, flags: StripFlags) => {
      const { scenarioSchema, stripLabels } = await import("../../data/index.js");
      const { scenario, seed, unlabelled, fraction, split, task: tasks, format, out } = flags;
      const fractions = scenario === "fraction" ? { fractions: Object.fromEntries(fraction ?? []) } : {};
      const { counts } = await stripLabels({
        source: { format, path },
        scenario: scenarioSchema.parse({ scenario, seed, unlabelled, ...fractions }),
        out,
        split,
        tasks,
      });
      if (flags.json) printJson({ path: out, ...counts });
      else print(`${out}: ${countsText(counts)}`);
    });
}

function countsText({ samples, unlabelled, perTask }: LabelCounts): string {
  const kept = Object.entries(perTask).map(([task, count]) => `${task} ${count}`);
  return `${samples} images, labels kept: ${kept.join(", ")}; without any: ${unlabelled}`;
}
