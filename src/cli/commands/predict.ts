/** @file `taskloom predict` */
import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { UsageError, UserError } from "../../common/errors.js";
import type { Provider } from "../../runtime/engine.js";
import type { WhichCheckpoint } from "../../training/export.js";
import type { FailedImage, PredictedArguments } from "../../training/predict/index.js";
import { imagesProgress } from "../images-progress.js";
import { imageSize, note, print, printJson, share } from "../output.js";
import { stopSignals } from "../stop-signals.js";
import { checkpointOption } from "./export.js";

const AFTER = `
An input is an image (PNG, JPEG, WebP, BMP, TIFF), a folder (all images in it and its sub-folders, which the
predictions keep), a pattern in quotes ("photos/**/*.jpg"), or a video, whose frames are predicted in order;
that needs the program ffmpeg. Images may have any size: they are resized to the network's, and predictions
back to theirs. With --tile, larger ones keep their resolution: windows that overlap are predicted and blended.

For each image and task it writes a coloured picture NAME.TASK.png and
  classes: their indices, NAME.TASK.index.png, one channel of 8 bits (16 with more than 256 classes);
           with --scores also the scores [C,H,W], NAME.TASK.npy, 4 bytes a class and pixel
  others:  the values as a NumPy array [C,H,W], NAME.TASK.npy: metres, unit normals, maps in 0 to 1;
           with --labels also as a dataset's label files have them, NAME.TASK.label.png (depth: 16 bits)
--overlay writes the picture over the photo, NAME.TASK.overlay.png, --legend what colours mean, legend.html.
--as-dataset makes a dataset folder of photos and predictions: labels to train another network by.

A model of several frames (motion) takes the images of each folder, or of a video, in their order, and writes
also what they come to: TASK.trajectory.txt in the folder, a line a frame as KITTI has it.

A model of point clouds takes files of points (.bin: x, y, z, intensity, 32-bit floats) or datasets of sweeps, and
writes NAME.TASK.png, a picture from above, and NAME.TASK.json, what is found: class, score, centre, size, yaw, flow;
and NAME.TASK.camera.png, the picture of the camera beside the sensor, where the dataset has one.

What cannot be read is named at the end; the rest is predicted all the same, and the exit code is 1.

Examples:
  $ taskloom predict runs/first photo.jpg --out predictions
  $ taskloom predict model.onnx photos --out predictions
  $ taskloom predict runs/first unlabelled --as-dataset pseudo-labels
  $ taskloom predict model.onnx "photos/**/*.jpg" clip.mp4 --out predictions --tile
`;

interface PredictFlags {
  readonly out?: string;
  readonly scores?: boolean;
  readonly labels?: boolean;
  readonly overlay?: boolean;
  readonly legend?: boolean;
  readonly asDataset?: string;
  readonly tile?: TileSize;
  readonly overlap?: number;
  readonly checkpoint: WhichCheckpoint;
  readonly provider: Provider;
  readonly format?: string;
  readonly json?: boolean;
}

type TileSize = "auto" | readonly [number, number];

function tileSize(text: string): TileSize {
  if (text === "auto") return text;
  try {
    return imageSize(text);
  } catch {
    throw new InvalidArgumentError(
      "It takes HEIGHTxWIDTH in pixels of the image, auto, or nothing where another option or the end follows.",
    );
  }
}

function overlapShare(text: string): number {
  const value = share(text);
  if (value <= 0.9) return value;
  throw new InvalidArgumentError("It takes a number from 0 to 0.9.");
}

export function predictCommand(): Command {
  return new Command("predict")
    .description("predict every task for images")
    .argument("<model>", "run folder, or a model.onnx that export wrote")
    .argument("<inputs...>", "images, folders, patterns, videos; of point clouds .bin files or datasets")
    .option("--format <name>", "layout of datasets of point clouds (default: folder)")
    .option("--out <dir>", "folder to write into; may be left out with --as-dataset")
    .option("--scores", "write the scores of classes, too")
    .option("--labels", "write values as label files have them, too: depth in 16-bit PNG, normals in 8-bit")
    .option("--overlay", "write pictures over the photos, too")
    .option("--legend", "write legend.html: what colours and numbers mean")
    .option("--as-dataset <dir>", "write a dataset folder of the photos with their predictions as labels")
    .addOption(
      new Option("--tile [HxW]", "predict larger images by windows of this size; auto: the network's own")
        .preset("auto")
        .argParser(tileSize),
    )
    .option("--overlap <share>", "share of a window that the next one covers (default: 0.25)", overlapShare)
    .addOption(checkpointOption())
    .addOption(
      new Option("--provider <name>", "where to run").choices(["cpu", "webgpu", "cuda"]).default("cpu"),
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", AFTER)
    .action(predictAction);
}

async function predictAction(source: string, inputs: readonly string[], flags: PredictFlags): Promise<void> {
  const { scores, labels, overlay, legend, asDataset, tile, overlap, json } = flags;
  const out = await outFolder(flags);
  if (overlap !== undefined && tile === undefined) throw new UsageError("--overlap goes with --tile");
  const { exportModel, findRun, openModel, predictArguments, predictSweeps, readModel } = await import(
    "../../training/index.js"
  );
  const { isFolder } = await import("../../disk/files.js");
  const { writeLegend } = await import("../../report/index.js");
  const { nodeEngine } = await import("../../runtime/engine.node.js");
  const bytes = isFolder(source)
    ? await exportModel(findRun(source), { checkpoint: flags.checkpoint })
    : await readModel(source);
  const model = await openModel(await nodeEngine({ provider: flags.provider }), bytes, source);
  const { signal, stopCode, dispose } = stopSignals("finishing the image. Once more ends at once.");
  const progress = imagesProgress();
  try {
    requireFitting(model.pillars !== undefined, flags);
    if (model.pillars !== undefined) {
      const format = flags.format;
      const { onProgress } = progress;
      const predicted = await predictSweeps(model, inputs, out.folder, { format, signal, onProgress });
      progress.finish();
      report({ ...predicted, passedOver: [] }, json ?? false, true);
      if (signal.aborted) process.exitCode = stopCode();
      else requireNoneFailed(predicted);
      return;
    }
    const predicted = await predictArguments(model, inputs, out.folder, {
      ...{ scores, labels, overlay, asDataset, signal },
      ...(tile && { tiling: { overlap, ...(tile !== "auto" && { size: tile }) } }),
      onProgress: (done, total) => total > 1 && progress.onProgress(done, total),
    });
    progress.finish();
    if (legend === true) await writeLegend(join(flags.out ?? asDataset!, "legend.html"), model.tasks);
    report(predicted, json ?? false, !out.temporary);
    if (asDataset !== undefined) note(`Dataset: ${asDataset}`);
    if (signal.aborted) process.exitCode = stopCode();
    else requireNoneFailed(predicted);
  } finally {
    progress.finish();
    dispose();
    await model.release();
    if (out.temporary) await rm(out.folder, { recursive: true, force: true });
  }
}

/** Throws UsageError where an option is given that models of such inputs do not know. */
function requireFitting(takesSweeps: boolean, flags: PredictFlags): void {
  const { scores, labels, overlay, legend, tile, format } = flags;
  const ofImages = { scores, labels, overlay, legend, "as-dataset": flags.asDataset, tile };
  const others = takesSweeps ? ofImages : { format };
  const stray = Object.entries(others).find(([, value]) => value !== undefined);
  if (stray === undefined) return;
  throw new UsageError(
    `--${stray[0]}: this model takes ${takesSweeps ? "LiDAR sweeps, not images" : "images, not LiDAR sweeps"}`,
  );
}

/** Where predictions go; a folder for the time being where only a dataset is to be made of them. */
async function outFolder({ out, asDataset }: PredictFlags): Promise<{ folder: string; temporary: boolean }> {
  if (out !== undefined) return { folder: out, temporary: false };
  if (asDataset === undefined) throw new UsageError("--out or --as-dataset: it has to be written somewhere");
  const { makeFolder } = await import("../../disk/files.js");
  await makeFolder(dirname(resolve(asDataset)));
  // On the same disk, so that files can have second names there.
  return { folder: await mkdtemp(`${resolve(asDataset)}.`), temporary: true };
}

/** What was written, of images or sweeps, and what could not be read. */
interface Predicted extends Pick<PredictedArguments, "failed" | "passedOver" | "courses"> {
  readonly written: readonly {
    readonly tasks: Readonly<Record<string, { readonly picture: string; readonly camera?: string }>>;
  }[];
}

function report(
  { written, failed, passedOver, courses = [] }: Predicted,
  json: boolean,
  hasFiles: boolean,
): void {
  if (passedOver.length > 0) {
    const names = passedOver.slice(0, 5).join(", ") + (passedOver.length > 5 ? ", ..." : "");
    note(`passed over, no images: ${passedOver.length} (${names})`);
  }
  if (json) {
    const failures = failed.map(({ image, error }) => ({
      image,
      code: error.facts.code,
      message: error.message,
    }));
    printJson({
      written: hasFiles ? written : [],
      failed: failures,
      passedOver,
      ...(courses.length > 0 && { courses }),
    });
  } else if (hasFiles) {
    for (const { picture, camera } of written.flatMap(({ tasks }) => Object.values(tasks))) {
      print(picture);
      if (camera !== undefined) print(camera);
    }
    for (const course of courses) print(course);
  }
}

/** Throws UserError naming what could not be predicted. */
function requireNoneFailed({ written, failed }: Pick<Predicted, "written" | "failed">): void {
  if (failed.length === 0) return;
  const [first] = failed;
  if (failed.length === 1) throw first.error;
  for (const { error } of failed) note(error.message);
  throw new UserError({
    code: "predict.failed",
    what: `${failed.length} inputs could not be predicted: ${named(failed)}`,
    fix: `The predictions of ${written.length} images are written.`,
  });
}

function named(failed: readonly FailedImage[]): string {
  const names = failed.slice(0, 10).map(({ image }) => image);
  return failed.length > 10 ? `${names.join(", ")}, ...` : names.join(", ");
}
