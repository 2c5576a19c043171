/** @file The schema of what a run reads: a folder or a world, its size, and how images come to it. */
import { z } from "zod";
import { RESIZES } from "../../fields/resize.js";
import { DEFAULT_LIDAR, lidarSensors, worlds } from "../../worlds/index.js";

const count = z.int().min(1);
const size = z
  .tuple([count.max(16384), count.max(16384)])
  .describe("[height, width] that every image is resized to");

const resize = z
  .enum(RESIZES)
  .optional()
  .describe(
    "how images become that large: squash (default) stretches them; letterbox keeps proportions, grey around, which no label covers; crop takes a random part of that size at the image's own resolution, and evaluates and predicts window by window",
  );

/** Images of a folder. */
export const folderData = z.strictObject({
  path: z.string().min(1).describe("dataset folder, relative to this file"),
  format: z.string().min(1).default("folder").describe("layout of the folder; `folder` is Taskloom's own"),
  size: size.optional(),
  resize,
});
/** Images of a built-in world, of those that are registered by now. */
export const worldData = () =>
  z.strictObject({
    world: z.enum(Object.keys(worlds)).describe("built-in world that the images are rendered from"),
    train: count.default(400),
    val: z.int().min(0).default(50),
    test: z.int().min(0).default(100),
    extra: z.int().min(1).optional().describe("images of a further split `extra`, e.g. for `append`"),
    size: size.default([96, 128]),
    renderSize: size
      .optional()
      .describe(
        "[height, width] that images are rendered at, if they are to be resized from there to `size`",
      ),
    resize,
    seed: z.int().min(0).default(0),
    style: z
      .string()
      .min(1)
      .optional()
      .describe("how the world is drawn: photo (default) or another of its styles, e.g. plain"),
    video: z
      .int()
      .min(1)
      .optional()
      .describe("frames of a snippet: train, val, test and extra count snippets instead of images"),
    lidar: z
      .enum(Object.keys(lidarSensors))
      .optional()
      .describe(`sensor whose sweeps a model of point clouds takes (streets); ${DEFAULT_LIDAR} if left out`),
  });

export type WorldData = z.output<ReturnType<typeof worldData>>;
