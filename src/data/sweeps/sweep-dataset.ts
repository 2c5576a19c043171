/**
 * @file Sweeps as a dataset: each with earlier ones in its own coordinates, a picture of it from above, and
 * its boxes as labels of the task `boxes`.
 */
import { UserError } from "../../common/errors.js";
import { listOf } from "../../fields/list.js";
import { POINT_CHANNELS } from "../../fields/pillars.js";
import { motionOfPose } from "../../fields/pose.js";
import type { SweepPlan } from "../../fields/sweep.js";
import { gridSize } from "../../geometry/boxes/bird-grid.js";
import { wrapAngle } from "../../geometry/boxes/box.js";
import { composed, inverted, type RigidMotion } from "../../geometry/rigid.js";
import { add3, apply3 } from "../../geometry/rotation.js";
import { ROW_LENGTH, rowOf } from "../../tasks/boxes3d/rows.js";
import type { BoxesSpec } from "../../tasks/boxes3d/spec.js";
import { parseTaskSpec } from "../../tasks/index.js";
import type { LabelMap } from "../../tasks/task.js";
import { unknownName } from "../names.js";
import type { Dataset, Pose, Sample } from "../types.js";
import { birdPicture } from "./bird-picture.js";
import { pointsIn } from "./box-measures.js";
import { sweepClips } from "./clips.js";
import { soundBoxes } from "./sound-boxes.js";
import type { SweepBox, SweepRecord, SweepSource } from "./source.js";

/** Name of the task that boxes are labels of. */
export const BOXES = "boxes";

/** A dataset of sweeps. */
export interface SweepDataset extends Dataset {
  readonly source: SweepSource;
  readonly plan: SweepPlan;
  readonly passedOver: SweepSource["passedOver"];
}

/** Whether a dataset is one of sweeps. */
export function isSweepDataset(dataset: Dataset): dataset is SweepDataset {
  return "source" in dataset && "plan" in dataset;
}

/** From an earlier sweep's coordinates to the present one's. */
function toPresent(present: Pose | undefined, earlier: Pose | undefined, where: string): RigidMotion {
  if (present !== undefined && earlier !== undefined) {
    return composed(inverted(motionOfPose(present)), motionOfPose(earlier));
  }
  throw new UserError({
    code: "data.no-pose",
    what: "earlier sweeps can only be brought to the present one where it is known where the sensor stood",
    where,
    fix: "Add poses to the dataset, or set `model.frames: 1`.",
  });
}

function movedPoints(points: Float32Array, { rotation: r, translation: t }: RigidMotion): Float32Array {
  const out = points.slice();
  for (let at = 0; at + POINT_CHANNELS <= out.length; at += POINT_CHANNELS) {
    const [x, y, z] = [points[at], points[at + 1], points[at + 2]];
    out[at] = r[0] * x + r[1] * y + r[2] * z + t[0];
    out[at + 1] = r[3] * x + r[4] * y + r[5] * z + t[1];
    out[at + 2] = r[6] * x + r[7] * y + r[8] * z + t[2];
  }
  return out;
}

function movedBox(box: SweepBox, { rotation, translation }: RigidMotion): SweepBox {
  const centre = add3(apply3(rotation, box.centre), translation);
  const [c, s] = [Math.cos(box.yaw), Math.sin(box.yaw)];
  const [x, y] = apply3(rotation, [c, s, 0]);
  return { ...box, centre, yaw: wrapAngle(Math.atan2(y, x)) };
}

/** The rows of a sample's boxes, those of earlier frames in the present one's coordinates. */
async function boxesLabel(
  source: SweepSource,
  split: string,
  clip: readonly string[],
  records: readonly SweepRecord[],
  { things, grid, most }: BoxesSpec,
): Promise<LabelMap> {
  const tracks = new Map<string, number>();
  const numberOf = (track: string) => {
    if (!tracks.has(track)) tracks.set(track, tracks.size);
    return tracks.get(track);
  };
  const rows: number[][] = [];
  for (const [frame, id] of clip.entries()) {
    const read = await source.readBoxes(split, id);
    const points = records[frame].points;
    const counted = read.map((box) => ({ ...box, points: box.points ?? pointsIn(box, points) }));
    const motion = frame === 0 ? null : toPresent(records[0].pose, records[frame].pose, `${split}: ${id}`);
    const placed = motion === null ? counted : counted.map((box) => movedBox(box, motion));
    for (const box of soundBoxes(placed, grid, most).boxes) {
      const { track, points, level, seen } = box;
      const facts = { class: things.indexOf(box.class), frame, points, level, seen };
      rows.push(rowOf(box, { ...facts, track: track === undefined ? undefined : numberOf(track) }));
    }
  }
  return listOf(ROW_LENGTH, rows);
}

/** The sweeps of a source as a plan reads them. Throws UserError where it has not as many frames. */
export function sweepDataset(source: SweepSource, plan: SweepPlan): SweepDataset {
  const { name, classes, detect } = source;
  const { grid, frames } = plan;
  const entry = { kind: "boxes3d", things: classes, detect, grid, frames };
  const spec = parseTaskSpec(entry, `${name}: ${BOXES}`) as BoxesSpec;
  const clips = sweepClips(source, plan);
  const [height, width] = gridSize(grid);
  const splits = Object.fromEntries(Object.entries(clips).map(([split, all]) => [split, [...all.keys()]]));
  const clipOf = (split: string, id: string) => {
    if (!Object.hasOwn(clips, split)) throw unknownName("split", split, Object.keys(clips), name);
    const clip = clips[split].get(id);
    if (clip === undefined) throw unknownName("id", id, splits[split], `${name}: ${split}`);
    return clip;
  };
  const read = async (split: string, id: string, tasks: readonly string[]): Promise<Sample> => {
    const clip = clipOf(split, id);
    const records: SweepRecord[] = [];
    for (const each of clip) records.push(await source.readSweep(split, each));
    const [present, ...earlier] = records;
    const moved = earlier.map(({ points, pose }, i) =>
      movedPoints(points, toPresent(present.pose, pose, `${split}: ${clip[i + 1]}`)),
    );
    const stray = tasks.find((task) => task !== BOXES);
    if (stray !== undefined) throw unknownName("task", stray, [BOXES], name);
    const labelled = tasks.length > 0 && (await isLabelled(split, id));
    const view = labelled ? await source.readView?.(split, id) : undefined;
    const boxes = labelled ? await boxesLabel(source, split, clip, records, spec) : undefined;
    return {
      ...{ id, width, height, image: birdPicture(present.points, grid) },
      sweep: { frames: [present.points, ...moved] },
      ...(view && { view }),
      labels: boxes === undefined ? {} : { [BOXES]: boxes },
    };
  };
  const isLabelled = async (split: string, id: string): Promise<boolean> => {
    for (const each of clipOf(split, id)) if (!(await source.isLabelled(split, each))) return false;
    return true;
  };
  return {
    info: { name, tasks: { [BOXES]: spec }, splits },
    labelledTasks: async (split, id) => ((await isLabelled(split, id)) ? [BOXES] : []),
    read,
    source,
    plan,
    passedOver: source.passedOver,
  };
}
