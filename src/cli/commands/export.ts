/** @file `taskloom export` */
import { Command, Option } from "commander";
import { UsageError } from "../../common/errors.js";
import type { WhichCheckpoint } from "../../training/export.js";
import { imageSize, note, print, wholeNumber } from "../output.js";

const AFTER = `
The model takes \`image\`, float32 [N,3,H,W], RGB from 0 to 1, and gives one map a task.
Its metadata says how large the images must be and what the maps mean. It is written for ONNX operator
set 17 (file format 8), which ONNX Runtime opens from 1.14 on; --opset chooses another one. Batch
normalisation is part of the filters. Beside it stand model.json (sizes, tasks, classes, units, how to
normalise) and model.md, a card for people.

Examples:
  $ taskloom export runs/first --out model.onnx --check
  $ taskloom export runs/first --out phone.onnx --fp16 --argmax --size 96x128
  $ taskloom export runs/first --out small.onnx --int8 --calibrate train --check
`;

interface ExportFlags {
  readonly out: string;
  readonly checkpoint: WhichCheckpoint;
  readonly batch: number;
  readonly opset?: number;
  readonly size?: [number, number];
  readonly argmax: boolean;
  readonly fp16: boolean;
  readonly dynamic: boolean;
  readonly features: boolean;
  readonly int8: boolean;
  readonly calibrate?: string;
  readonly images?: number;
  readonly check: boolean;
}

export function checkpointOption(): Option {
  return new Option(
    "--checkpoint <which>",
    "best on the evaluation split (last, where none is kept), or last",
  )
    .choices(["best", "last"])
    .default("best");
}

export function exportCommand(): Command {
  return new Command("export")
    .description("write a run's network as a stand-alone ONNX model")
    .argument("<run>", "run folder")
    .requiredOption("--out <file>", "model to write")
    .addOption(checkpointOption())
    .option("--batch <count>", "images per run of the model", wholeNumber(1), 1)
    .option("--opset <version>", "ONNX operator set of the model, 13 to 21 (default: 17)", wholeNumber(1))
    .option("--size <HxW>", "height and width of images (default: those of training)", imageSize)
    .option("--dynamic", "images of any height and width that the network takes", false)
    .option("--argmax", "classes (int64 [N,1,H,W]) in the place of their scores", false)
    .option("--features", "give the map that all heads read, too: heads can be trained on it", false)
    .option("--fp16", "compute in half precision; inputs and outputs stay float32", false)
    .option(
      "--int8",
      "convolutions in 8 bits, by the ranges of a split's images; says what that costs",
      false,
    )
    .option("--calibrate <split>", "whose images tell the ranges (default: train)")
    .option("--images <count>", "how many of them, spread over the split (default: 64)", wholeNumber(1))
    .option("--check", "compare with the run on its sample images; write nothing where it differs", false)
    .addHelpText("after", AFTER)
    .action(async (folder: string, flags: ExportFlags) => {
      const { exportFiles, findRun, parityLines, quantisedLines } = await import("../../training/index.js");
      const { out, batch: batchSize, fp16: half, int8, calibrate: split, images, ...rest } = flags;
      if (!int8 && (split !== undefined || images !== undefined))
        throw new UsageError("--calibrate and --images belong to --int8.");
      const { model, description, card, parity, quantised } = await exportFiles(findRun(folder), {
        ...rest,
        ...{ out, batchSize, half, log: note },
        ...(int8 && { int8: { split, images } }),
      });
      print(model);
      note(`Beside it: ${description}, ${card}`);
      for (const line of quantised === undefined ? [] : quantisedLines(quantised)) print(line);
      for (const line of parity === undefined ? [] : parityLines(parity)) print(line);
    });
}
