/** @file `taskloom export` */
import { Command, Option } from "commander";
import type { WhichCheckpoint } from "../../training/export.js";
import { print, wholeNumber } from "../output.js";

const AFTER = `
The model takes \`image\`, float32 [N,3,H,W], RGB from 0 to 1, and gives one map a task.
Its metadata says how large the images must be and what the maps mean. It is written for ONNX operator
set 17 (file format 8), which ONNX Runtime opens from 1.14 on; --opset chooses another one.

Example:
  $ taskloom export runs/first --out model.onnx
`;

interface ExportFlags {
  readonly out: string;
  readonly checkpoint: WhichCheckpoint;
  readonly batch: number;
  readonly opset?: number;
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
    .addHelpText("after", AFTER)
    .action(async (folder: string, { out, checkpoint, batch, opset }: ExportFlags) => {
      const { exportRun, findRun } = await import("../../training/index.js");
      print(await exportRun(findRun(folder), { out, checkpoint, batchSize: batch, opset }));
    });
}
