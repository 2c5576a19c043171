/**
 * @file LiDAR sweeps of the Waymo Open Dataset (Sun et al. 2020): of each frame the points of all lasers and
 * returns in the vehicle's coordinates, and the boxes labelled there. What lies in zones without labels is
 * left in, as published detectors are trained. Elongations are not read. A segment is labelled where one of
 * its frames has a box.
 */
import type { RigidMotion } from "../../geometry/rigid.js";
import { ProtobufFile } from "../files/protobuf-file.js";
import { last, repeated } from "../files/protobuf-values.js";
import type { PassedOver } from "../passed-over.js";
import type { SweepRecord, SweepSource } from "../sweeps/source.js";
import { poseOfRigid } from "./kitti-files.js";
import { nonEmpty } from "./shared.js";
import { readWaymoBox, WAYMO_CLASSES, WAYMO_DETECT } from "./waymo-boxes.js";
import { readWaymoView } from "./waymo-cameras.js";
import {
  FRAME,
  readWaymoFrame,
  WAYMO_LAYOUT,
  WAYMO_NAME,
  type WaymoFrame,
  waymoSplits,
} from "./waymo-files.js";
import { readCalibrations, readLaser, readTransform } from "./waymo-range.js";

/** Of a frame's context: the lasers' calibrations. */
const LASERS_FIELD = 3;
/** A laser's message with less has a name and empty images. */
const LEAST_BYTES = 16;

/** What is known of a frame without reading its range images. */
interface ListedFrame extends Pick<WaymoFrame, "segment" | "time" | "record" | "id"> {
  readonly path: string;
  readonly boxes: number;
  readonly measured: boolean;
}

function listFrame(file: ProtobufFile, frame: WaymoFrame): (readonly [string, ListedFrame])[] {
  const { segment, time, record, id, fields } = frame;
  const lasers = repeated(fields, FRAME.lasers);
  const facts = {
    boxes: repeated(fields, FRAME.labels).length,
    measured: lasers.some(({ start, end }) => end - start > LEAST_BYTES),
  };
  return [[id, { ...{ segment, time, record, id }, path: file.path, ...facts }]];
}

function again<T>({ path, record }: ListedFrame, read: (file: ProtobufFile, frame: WaymoFrame) => T): T {
  return ProtobufFile.use(path, (file) => read(file, readWaymoFrame(file, record)));
}

function vehicleOf(file: ProtobufFile, { fields }: WaymoFrame): RigidMotion | undefined {
  const pose = last(fields, FRAME.pose, "bytes");
  return pose && readTransform(file, pose, "the pose of a frame");
}

function readSweep(file: ProtobufFile, frame: WaymoFrame): SweepRecord {
  const vehicle = vehicleOf(file, frame);
  const calibrations = readCalibrations(file, repeated(frame.context, LASERS_FIELD));
  const where = `${file.path}: ${frame.id}`;
  const lasers = repeated(frame.fields, FRAME.lasers).map((laser) =>
    readLaser(file, laser, calibrations, vehicle, where),
  );
  const parts = lasers.flatMap(({ points }) => points);
  const points = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    points.set(part, at);
    at += part.length;
  }
  return {
    points,
    ...(vehicle && { pose: poseOfRigid(vehicle) }),
    ...(lasers.some(({ unposed }) => unposed) && { remark: UNPOSED }),
  };
}

const UNPOSED =
  "do not say where the vehicle was while the top laser turned: its points lie as if it had stood still";

/** A word on frames whose range images were left out. */
function withoutPoints(frames: readonly ListedFrame[]): PassedOver[] {
  const bare = frames.filter(({ measured }) => !measured);
  if (bare.length === 0) return [];
  const [{ path, id }] = bare;
  const count = bare.length === 1 ? "1 frame has" : `${bare.length} frames have`;
  const boxes = bare.reduce((sum, frame) => sum + frame.boxes, 0);
  const message = `${path}: ${count} no points, e.g. ${id}: there are no range images, and ${boxes} boxes stand in empty sweeps.`;
  return [{ code: "data.no-points", count: bare.length, first: path, message }];
}

/** By segment, in order of time. */
function sequencesOf(frames: Iterable<ListedFrame>) {
  const segments = new Map<string, ListedFrame[]>();
  for (const frame of frames) segments.set(frame.segment, [...(segments.get(frame.segment) ?? []), frame]);
  return [...segments].map(([name, own]) => {
    own.sort((a, b) => Number(a.time - b.time));
    const first = own[0].time;
    return {
      name,
      frames: own.map(({ id }) => id),
      timestamps: own.map(({ time }) => Number(time - first) / 1e6),
    };
  });
}

/** Opens the sweeps of all frames. Throws UserError where there is none. */
export async function openWaymoSweeps(path: string): Promise<SweepSource> {
  // `validation.txt` may name frames, or images as those of the cameras are called.
  const frameOf = (line: string) => line.split("__").slice(0, 2).join("__");
  const found = await waymoSplits(path, listFrame, frameOf);
  const kept = nonEmpty(found, WAYMO_NAME, path, WAYMO_LAYOUT);
  const all = Object.values(kept).flatMap((frames) => [...frames.values()]);
  const labelled = new Set(all.filter(({ boxes }) => boxes > 0).map(({ segment }) => segment));
  const sequences = Object.fromEntries(
    Object.entries(kept).map(([split, frames]) => [split, sequencesOf(frames.values())]),
  );
  const splits = Object.fromEntries(
    Object.entries(sequences).map(([split, own]) => [split, own.flatMap(({ frames }) => frames)]),
  );
  return {
    ...{ name: "Waymo Open Dataset", classes: WAYMO_CLASSES, splits, sequences },
    detect: WAYMO_DETECT as unknown as SweepSource["detect"],
    passedOver: withoutPoints(all),
    isLabelled: async (split, id) => labelled.has(kept[split].get(id)!.segment),
    readSweep: async (split, id) => again(kept[split].get(id)!, readSweep),
    readBoxes: async (split, id) =>
      again(kept[split].get(id)!, (file, { fields }) =>
        repeated(fields, FRAME.labels).map((label) => readWaymoBox(file, label)),
      ),
    readView: async (split, id) => again(kept[split].get(id)!, readWaymoView),
  };
}
