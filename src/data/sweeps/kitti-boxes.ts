/** @file Boxes as KITTI's label files have them (Geiger et al. 2012), and from its cameras to its LiDAR. */
import { UserError } from "../../common/errors.js";
import { wrapAngle } from "../../geometry/boxes/box.js";
import { composed, inverted, type RigidMotion } from "../../geometry/rigid.js";
import { add3, apply3, type Vec3 } from "../../geometry/rotation.js";
import type { SeenFacts } from "../../tasks/boxes3d/frames.js";
import { calibrationLine, rigidOfRows } from "../formats/kitti-files.js";
import type { SweepBox } from "./source.js";

/** Classes of KITTI's boxes; `DontCare` marks parts of images and is none. */
export const KITTI_CLASSES = [
  ...["Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Person", "Cyclist", "Tram", "Misc"],
];

/** What PointPillars looks for on KITTI, over a sensor 1.73 m above the ground. */
export const KITTI_DETECT = {
  Car: { of: ["Car"], size: [3.9, 1.6, 1.56], z: -1, positive: 0.6, negative: 0.45, overlap: 0.7 },
  Pedestrian: {
    of: ["Pedestrian"],
    size: [0.8, 0.6, 1.73],
    z: -0.6,
    positive: 0.5,
    negative: 0.35,
    overlap: 0.5,
  },
  Cyclist: { of: ["Cyclist"], size: [1.76, 0.6, 1.73], z: -0.6, positive: 0.5, negative: 0.35, overlap: 0.5 },
} as const;

/** A line of a label file, in the rectified camera's coordinates (x right, y down, z forward). */
export interface KittiObject {
  readonly class: string;
  /** Height, width and length, metres. */
  readonly size: Vec3;
  /** The middle of the box's bottom. */
  readonly bottom: Vec3;
  readonly seen: SeenFacts;
  /** About the camera's y axis: 0 along +x. */
  readonly heading: number;
  /** Of tracking labels: frame and track. */
  readonly frame?: number;
  readonly track?: string;
}

/** Numbers behind the class: truncation, occlusion, angle, 4 of the image, 3 sizes, 3 of the place, turn. */
const NUMBERS = 14;

function badLine(where: string, line: string, what: string): UserError {
  return new UserError({
    code: "data.bad-kitti-label",
    what,
    where,
    expected: `a class and ${NUMBERS} numbers, perhaps a score`,
    got: line.slice(0, 80),
  });
}

/**
 * The objects of a label file, but for `DontCare`. With `tracks` lines begin with a frame and a track, as in
 * the tracking benchmark. Throws UserError naming the line.
 */
export function parseKittiLabels(text: string, where: string, tracks = false): KittiObject[] {
  const lines = text.split("\n").map((line, i) => [line.trim(), `${where}: line ${i + 1}`] as const);
  return lines.flatMap(([line, place]) => {
    if (line === "") return [];
    const words = line.split(/\s+/);
    const [frame, track] = tracks ? words.splice(0, 2).map(Number) : [undefined, undefined];
    const [name, ...rest] = words;
    if (name === "DontCare") return [];
    const numbers = rest.slice(0, NUMBERS).map(Number);
    if (numbers.length < NUMBERS || !numbers.every(Number.isFinite)) {
      throw badLine(place, line, "the line is no labelled object");
    }
    if (tracks && !(Number.isInteger(frame) && Number.isInteger(track))) {
      throw badLine(place, line, "the line has no frame and track");
    }
    if (!KITTI_CLASSES.includes(name)) throw badLine(place, line, `there is no class ${name}`);
    const [truncation, occlusion, , , top, , bottom, h, w, l, x, y, z, heading] = numbers;
    return [
      {
        ...{ class: name, size: [h, w, l] as const, bottom: [x, y, z] as const, heading },
        seen: { imageHeight: bottom - top, occlusion, truncation },
        ...(tracks && { frame, track: String(track) }),
      },
    ];
  });
}

/** From the LiDAR to the rectified camera 0. */
export function kittiToCamera(lines: ReadonlyMap<string, string>, where: string): RigidMotion {
  const named = (...names: string[]) => names.find((name) => lines.has(name)) ?? names[0];
  const r = calibrationLine(lines, named("R0_rect", "R_rect"), 9, where);
  const velo = calibrationLine(lines, named("Tr_velo_to_cam", "Tr_velo_cam"), 12, where);
  const upright: RigidMotion = {
    rotation: [r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]],
    translation: [0, 0, 0],
  };
  return composed(upright, rigidOfRows(velo));
}

/** An object as an upright box of the LiDAR: x forward, y left, z up. */
export function kittiBox(object: KittiObject, toCamera: RigidMotion): SweepBox {
  const [h, w, l] = object.size;
  const [x, y, z] = object.bottom;
  const back = inverted(toCamera);
  const centre = add3(apply3(back.rotation, [x, y - h / 2, z]), back.translation);
  return {
    ...{ class: object.class, centre, size: [l, w, h] },
    yaw: wrapAngle(-object.heading - Math.PI / 2),
    seen: object.seen,
    ...(object.track !== undefined && { track: object.track }),
  };
}
