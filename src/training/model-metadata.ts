/**
 * @file What an exported model says about itself in its ONNX metadata: enough to feed it and to read its
 * outputs.
 */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { RESIZES, type Resize } from "../fields/resize.js";
import type { PillarPlan } from "../fields/sweep.js";
import type { Network } from "../models/network.js";
import { gridSchema } from "../tasks/boxes3d/spec.js";
import { parseTaskSpec, taskKind } from "../tasks/index.js";
import type { Task } from "../tasks/task.js";
import type { Taking } from "./predict/fit.js";

const PREPROCESSING =
  "Input `image`: float32 [N,3,H,W], RGB, values 0 to 1 (8-bit values / 255), no further normalisation. ";
const RESIZING: Readonly<Record<Resize, string>> = {
  squash: "Resize images to H x W.",
  letterbox:
    "Scale images to fit H x W, keeping proportions; centre them, grey 114 around; cut that off predictions.",
  crop: "Windows of H x W pixels of images at their own resolution; where an image is smaller, repeat its edge.",
};
const OF_PILLARS =
  "Input `pillars`: float32 [N,channels,frames*pillars,points], points of LiDAR sweeps in pillars by the grid and " +
  "the limits of `taskloom.pillars`.";
const SEVERAL_FRAMES =
  " Frames that follow one another stand together, [N,3*frames,H,W], the earliest first.";

const metadataSchema = z.object({
  "taskloom.version": z.literal("1"),
  "taskloom.size": z.string(),
  "taskloom.tasks": z.string(),
  "taskloom.frames": z
    .string()
    .regex(/^[1-9]\d*$/)
    .default("1"),
  "taskloom.resize": z.enum(RESIZES).default("squash"),
  "taskloom.decided": z.string().default("[]"),
  "taskloom.pillars": z.string().optional(),
});
const count = z.int().positive();
const planSchema = z.object({
  ...{ grid: gridSchema, frames: count, step: count, pillars: count, points: count },
});
const decidedSchema = z.array(z.string());
const sizeSchema = z.tuple([z.int().positive(), z.int().positive()]);
const tasksSchema = z.array(z.object({ name: z.string(), spec: z.unknown() }));

/**
 * Metadata properties of a model for these tasks, [height, width] of its images or maps and how those become
 * such, what its network takes, and the names of tasks that come decided on.
 */
export function formatMetadata(
  tasks: readonly Task[],
  { size, resize }: Taking,
  { frames = 1, pillars }: Pick<Network, "frames" | "pillars"> = {},
  decided: readonly string[] = [],
): Record<string, string> {
  const images = PREPROCESSING + RESIZING[resize] + (frames === 1 ? "" : SEVERAL_FRAMES);
  return {
    "taskloom.version": "1",
    "taskloom.preprocessing": pillars === undefined ? images : OF_PILLARS,
    ...(pillars && { "taskloom.pillars": JSON.stringify(pillars) }),
    ...(resize !== "squash" && { "taskloom.resize": resize }),
    ...(frames > 1 && { "taskloom.frames": String(frames) }),
    ...(decided.length > 0 && { "taskloom.decided": JSON.stringify(decided) }),
    "taskloom.size": JSON.stringify(size),
    "taskloom.tasks": JSON.stringify(tasks.map(({ name, spec }) => ({ name, spec }))),
  };
}

/**
 * The tasks, [height, width], way of resizing and frames of a model's input, which tasks come decided on, and
 * how sweeps become pillars. Throws UserError naming `where` where it was not exported by Taskloom.
 */
export function parseMetadata(
  properties: readonly { readonly key: string; readonly value: string }[],
  where: string,
): {
  tasks: Task[];
  size: readonly [number, number];
  resize: Resize;
  frames: number;
  decided: string[];
  pillars?: PillarPlan;
} {
  try {
    const metadata = metadataSchema.parse(
      Object.fromEntries(properties.map(({ key, value }) => [key, value])),
    );
    const tasks = tasksSchema.parse(JSON.parse(metadata["taskloom.tasks"])).map(({ name, spec: entry }) => {
      const spec = parseTaskSpec(entry, `${where}: ${name}`);
      return { name, spec, kind: taskKind(spec.kind) };
    });
    const size = sizeSchema.parse(JSON.parse(metadata["taskloom.size"]));
    const decided = decidedSchema.parse(JSON.parse(metadata["taskloom.decided"]));
    const plan = metadata["taskloom.pillars"];
    const pillars = plan === undefined ? undefined : planSchema.parse(JSON.parse(plan));
    const resize = metadata["taskloom.resize"];
    return { tasks, size, resize, frames: Number(metadata["taskloom.frames"]), decided, pillars };
  } catch (cause) {
    throw new UserError(
      {
        code: "model.foreign",
        where,
        what: "the model carries no description of its tasks",
        fix: "Use a model that `taskloom export` wrote.",
      },
      { cause },
    );
  }
}
