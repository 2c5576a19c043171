/** @file `taskloom predict` */
import { Command, Option } from "commander";
import type { Provider } from "../../runtime/engine.js";
import type { WhichCheckpoint } from "../../training/export.js";
import { print, printJson } from "../output.js";
import { checkpointOption } from "./export.js";

const AFTER = `
Images may have any size: they are resized to the network's, and predictions back to theirs.
For each image and task it writes a coloured picture and the values as a NumPy array [C,H,W]:
class scores, metres, unit normals, maps in 0 to 1.

Examples:
  $ taskloom predict runs/first photo.jpg --out predictions
  $ taskloom predict model.onnx photos/*.jpg --out predictions
`;

interface PredictFlags {
  readonly out: string;
  readonly checkpoint: WhichCheckpoint;
  readonly provider: Provider;
  readonly json?: boolean;
}

export function predictCommand(): Command {
  return new Command("predict")
    .description("predict every task for images")
    .argument("<model>", "run folder, or a model.onnx that export wrote")
    .argument("<images...>", "PNG or JPEG files")
    .requiredOption("--out <dir>", "folder to write into")
    .addOption(checkpointOption())
    .addOption(
      new Option("--provider <name>", "where to run").choices(["cpu", "webgpu", "cuda"]).default("cpu"),
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", AFTER)
    .action(predictAction);
}

async function predictAction(source: string, images: readonly string[], flags: PredictFlags): Promise<void> {
  const { exportModel, findRun, openModel, predictFiles, readModel } = await import(
    "../../training/index.js"
  );
  const { isFolder } = await import("../../disk/files.js");
  const { nodeEngine } = await import("../../runtime/engine.node.js");
  const bytes = isFolder(source)
    ? await exportModel(findRun(source), { checkpoint: flags.checkpoint })
    : await readModel(source);
  const model = await openModel(await nodeEngine({ provider: flags.provider }), bytes, source);
  const written = await predictFiles(model, images, flags.out);
  await model.release();
  if (flags.json) printJson(written);
  else for (const { tasks } of written) for (const { picture } of Object.values(tasks)) print(picture);
}
