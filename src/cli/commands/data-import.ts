/** @file `taskloom data import` */
import { join } from "node:path";
import { Command, Option } from "commander";
import type { ImportOptions } from "../../data/annotations/import.js";
import type { PresetName } from "../../training/index.js";
import { everyTenth, print, printJson, splitShares, wholeNumber } from "../output.js";
import { presetOption } from "../preset-option.js";
import { startedText } from "../started-text.js";

const AFTER = `
What each tool's name takes:
  labelme       a folder of its .json files
  coco          its .json file of instances (polygons and run lengths)
  cvat          its annotations.xml (CVAT for images 1.1)
  label-studio  its .json export (polygons, rectangles, ellipses, brushes)
  yolo-seg      a folder with data.yaml, images/ and labels/

Examples:
  $ taskloom data import labelme annotated --out rooms
  $ taskloom data import coco instances.json --images photos --out rooms --overlap small
`;

interface ImportFlags extends Pick<ImportOptions, "images" | "rule" | "overlap" | "outside" | "orientation"> {
  readonly out: string;
  readonly split?: ImportOptions["shares"];
  readonly seed: number;
  readonly preset?: PresetName;
  readonly json?: boolean;
}

export function importCommand(): Command {
  return new Command("import")
    .description("make a dataset folder out of polygons and masks that an annotation tool wrote")
    .argument("<tool>", "labelme, coco, cvat, label-studio or yolo-seg")
    .argument("<path>", "file or folder that the tool wrote")
    .requiredOption("--out <dir>", "folder to write")
    .option("--images <dir>", "folder of the images (default: where the tool has them)")
    .addOption(
      new Option(
        "--rule <name>",
        "pixels of a polygon: those whose centre is inside, or also those on its border (default: the tool's own)",
      ).choices(["centre", "border"]),
    )
    .addOption(
      new Option("--overlap <name>", "what lies on top: what was drawn later, or what is smaller")
        .choices(["order", "small"])
        .default("order"),
    )
    .addOption(
      new Option("--outside <name>", "pixels that nothing was drawn on: a class of that name, or ignored")
        .choices(["background", "ignore"])
        .default("background"),
    )
    .addOption(
      new Option("--orientation <name>", "annotations belong to images turned by EXIF, or as they are stored")
        .choices(["exif", "stored"])
        .default("exif"),
    )
    .option("--split <shares>", "training, validation and test in percent (default: 80,10,10)", splitShares)
    .addOption(presetOption("settings of the configuration (default: good)"))
    .option("--seed <number>", "another seed gives other splits", wholeNumber(0), 0)
    .option("--json", "print one JSON document")
    .addHelpText("after", AFTER)
    .action(importAction);
}

async function importAction(format: string, path: string, flags: ImportFlags): Promise<void> {
  const { annotationFormat, importAnnotations } = await import("../../data/index.js");
  const { startingConfig } = await import("../../training/index.js");
  const { out, split: shares, preset, json, ...rest } = flags;
  annotationFormat(format);
  const steps: Record<string, (done: number, total: number) => void> = {};
  const found = await importAnnotations({
    ...{ ...rest, format, path, out, shares },
    files: (started) => ({ "config.yaml": startingConfig(started, preset) }),
    onProgress: (what, done, total) => {
      steps[what] ??= everyTenth(what);
      steps[what](done, total);
    },
  });
  if (json) printJson({ path: out, config: join(out, "config.yaml"), ...found });
  else print(startedText(out, found));
}
