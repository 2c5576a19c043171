/**
 * @file Sweeps of a dataset folder: under `sweeps` its dataset.yaml names a folder of points (.bin of x, y, z
 * and intensity, float32) and one of boxes (.json with where the sensor stands, and boxes in its
 * coordinates).
 */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../common/errors.js";
import { motionOfPose } from "../../fields/pose.js";
import { composed, inverted } from "../../geometry/rigid.js";
import type { DatasetDescription } from "../dataset-yaml.js";
import { readText } from "../files/bytes.js";
import { readPictureSize } from "../files/picture-size.js";
import { readDescription, YAML_NAME } from "../folder-description.js";
import { filesOfTask, imagesOf } from "../folder-files.js";
import { parseSequences, posesOf } from "../sequences.js";
import { readPoints } from "./points-file.js";
import type { SweepSource } from "./source.js";
import { type StrayBoxes, strayBoxes } from "./stray-boxes.js";

const vector = z.tuple([z.number(), z.number(), z.number()]);
const matrix = z.tuple([...vector.def.items, ...vector.def.items, ...vector.def.items]);
const boxesFile = z.object({
  pose: z.object({ rotation: matrix, position: vector }).optional(),
  boxes: z.array(
    z.object({
      class: z.string(),
      track: z.union([z.number(), z.string()]).optional(),
      centre: vector,
      size: vector,
      yaw: z.number(),
      points: z.int().min(0).optional(),
      level: z.union([z.literal(1), z.literal(2)]).optional(),
    }),
  ),
});
type BoxesFile = z.output<typeof boxesFile>;

/** What a file of boxes holds. Throws UserError naming file and key. */
export function parseBoxesFile(text: string, where: string, classes: readonly string[]): BoxesFile {
  const refuse = (what: string, more: { expected?: string; got?: string } = {}) =>
    new UserError({ code: "data.bad-boxes", what, where, ...more });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse("this is not JSON", { got: (cause as Error).message });
  }
  const parsed = boxesFile.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(`\`${issue.path.join(".")}\`: ${issue.message}`);
  }
  const stranger = parsed.data.boxes.find((box) => !classes.includes(box.class));
  if (stranger === undefined) return parsed.data;
  throw refuse("a box is of a class that dataset.yaml does not name", {
    expected: classes.join(", "),
    got: stranger.class,
  });
}

function withoutSweeps(root: string): UserError {
  return new UserError({
    code: "data.no-sweeps",
    what: "the model takes LiDAR sweeps, and the dataset names none",
    where: join(root, YAML_NAME),
    expected: "`sweeps`",
    fix: "Render a world with `taskloom data synth --lidar`, or describe your own sweeps under `sweeps`.",
  });
}

async function sequencesOf(
  root: string,
  { sequences }: DatasetDescription,
  splits: Readonly<Record<string, readonly string[]>>,
) {
  if (sequences === undefined) return undefined;
  const file = join(root, sequences);
  return parseSequences(await readText(file), splits, file);
}

/** Opens the sweeps of a dataset folder. Throws UserError where it has none, or a split has none. */
export async function openFolderSweeps(root: string): Promise<SweepSource> {
  const description = await readDescription(root);
  const { name, layout, splits, sweeps, camera } = description;
  if (sweeps === undefined) throw withoutSweeps(root);
  const { classes, detect } = sweeps;
  const files: Record<string, Record<"points" | "boxes" | "images", ReadonlyMap<string, string>>> = {};
  const stray: StrayBoxes[] = [];
  for (const split of splits) {
    const points = await filesOfTask(root, layout, { split, task: sweeps.points, extension: ".bin" });
    const boxes = await filesOfTask(root, layout, { split, task: sweeps.boxes, extension: ".json" });
    if (points.size === 0) {
      throw new UserError({
        code: "data.empty-split",
        what: `split ${split} has no sweeps`,
        where: root,
        expected: `.bin files of ${sweeps.points}`,
        fix: `Add them, or take ${split} out of \`splits\`.`,
      });
    }
    files[split] = { points, boxes, images: await imagesOf(root, layout, split) };
    for (const [id, file] of boxes) if (!points.has(id)) stray.push({ file, sweep: `${split}/${id}` });
  }
  const ids = Object.fromEntries(splits.map((split) => [split, [...files[split].points.keys()]]));
  const readFile = async (split: string, id: string): Promise<BoxesFile | undefined> => {
    const path = files[split].boxes.get(id);
    return path === undefined ? undefined : parseBoxesFile(await readText(path), path, classes);
  };
  const sequences = await sequencesOf(root, description, ids);
  const cameraPoses = new Map(splits.map((split) => [split, posesOf(sequences, split)]));
  return {
    ...{ name, classes, detect, splits: ids, passedOver: strayBoxes(stray), sequences },
    isLabelled: async (split, id) => files[split].boxes.has(id),
    readSweep: async (split, id) => ({
      points: await readPoints(files[split].points.get(id)!),
      pose: (await readFile(split, id))?.pose,
    }),
    readBoxes: async (split, id) =>
      ((await readFile(split, id))?.boxes ?? []).map(({ track, ...box }) => ({
        ...box,
        ...(track !== undefined && { track: String(track) }),
      })),
    readView: async (split, id) => {
      const [image, eye] = [files[split].images.get(id), cameraPoses.get(split)?.get(id)];
      const sensor = (await readFile(split, id))?.pose;
      if (camera === undefined || image === undefined || eye === undefined || sensor === undefined) {
        return undefined;
      }
      const toCamera = composed(inverted(motionOfPose(eye)), motionOfPose(sensor));
      return { camera, toCamera, image, ...(await readPictureSize(image)) };
    },
  };
}
