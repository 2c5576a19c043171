/** @file What a built-in world is: a procedure that makes images, or videos, and every label from a seed. */
import type { Pose } from "../fields/pose.js";
import type { PinholeCamera } from "../geometry/camera.js";
import type { Mat3, Vec3 } from "../geometry/rotation.js";
import type { LabelMap, Picture, TaskSpec } from "../tasks/task.js";
import type { LidarBox } from "./lidar/boxes.js";
import type { LidarSensor } from "./lidar/sensors.js";
import type { Sweep } from "./lidar/sweep.js";

/** How what a frame shows moves until the next frame of its snippet. */
export interface FrameMotion {
  /**
   * Forward optical flow [2,H,W], pixels right and down: pixel p of this frame lies at p + flow in the next
   * one. Valid where the point lies before the next frame's camera; the sky lies at infinity.
   */
  readonly flow: LabelMap;
  /** [H,W], 1 where the next frame shows the point, too: inside its borders and not hidden. */
  readonly visible: Uint8Array;
  /**
   * Motion of the point relative to the scene [3,H,W], metres, in the axes of the next frame's camera: the
   * residual translation t of Taskology (eq. 4), X' = R X + T + t, where R and T are the camera's motion and
   * X, X' the point in camera coordinates before and after. Zero on all that stands.
   */
  readonly motion: LabelMap;
}

/** The box around a thing, in camera coordinates (x right, y down, z forward), metres and radians. */
export interface Box3d {
  /** Name of its class. */
  readonly class: string;
  /** Number of the thing in `instances`, the same in all frames of a snippet. */
  readonly track: number;
  readonly centre: Vec3;
  /** Length, width and height: along the thing's forward, left and up axes. */
  readonly size: Vec3;
  /** Of the forward axis about the camera's y axis, as KITTI has it: 0 along +x, pi/2 away along -z. */
  readonly heading: number;
  /** Columns: the thing's forward, left and up axes. The camera pitches and rolls; the heading knows not. */
  readonly rotation: Mat3;
  /** How many pixels show the thing. */
  readonly pixels: number;
}

export interface RenderedSample {
  readonly image: Picture;
  /** By task name. */
  readonly labels: Readonly<Record<string, LabelMap>>;
  /** [height, width], number of the thing seen at each pixel, unique within the image. */
  readonly instances: Int32Array;
  /** At the size rendered. */
  readonly camera: PinholeCamera;
  /** Where the camera stands in the scene of its snippet. */
  readonly pose?: Pose;
  readonly motion?: FrameMotion;
  /** Things that may move, seen or hidden; of worlds that have such things. */
  readonly boxes?: readonly Box3d[];
}

/** Moving pictures of a world. */
export interface WorldVideo {
  /** Frames a second. */
  readonly rate: number;
  /**
   * The frames of snippet `index` of a split, each with pose and motion, without an end: take as many as
   * wanted. Equal arguments give equal bits, however many are taken.
   */
  frames(seed: number, split: string, index: number, height: number, width: number): Iterable<RenderedSample>;
}

/** A sweep with where it was made, and what stands around. */
export interface LidarFrame {
  readonly sweep: Sweep;
  /** Where the sensor stands in the scene of its snippet; columns: its forward, left and up axes. */
  readonly pose: Pose;
  /** Things that may move, hit or not, within the sensor's range. */
  readonly boxes: readonly LidarBox[];
}

/** LiDAR of a world. */
export interface WorldLidar {
  /** Sweeps a second. */
  readonly rate: number;
  /** Classes of the boxes. */
  readonly classes: readonly string[];
  /** What a detector looks for by default: the classes that it is, and length, width and height, metres. */
  readonly detect: Readonly<
    Record<string, { readonly of: readonly string[]; readonly size: Vec3; readonly overlap: number }>
  >;
  /**
   * The sweeps of snippet `index` of a split, at the times of its video's frames and with its numbers of
   * things, without an end. Equal arguments give equal bits.
   */
  sweeps(seed: number, split: string, index: number, sensor: LidarSensor): Iterable<LidarFrame>;
}

/** A built-in world. One file or folder, one line in the registry. */
export interface World {
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** Raised by one whenever equal arguments give other pictures or labels than before, or other tasks. */
  readonly version: number;
  /** What dataset.yaml says of its tasks. */
  readonly tasks: Readonly<Record<string, TaskSpec>>;
  /** Whether its samples have boxes. */
  readonly boxes?: boolean;
  /** The one camera of all images of a seed, in pixels of the size asked for. */
  camera(seed: number, height: number, width: number): PinholeCamera;
  /** Sample `index` of a split. Equal arguments give equal bits, whoever renders it and in whatever order. */
  render(seed: number, split: string, index: number, height: number, width: number): RenderedSample;
  /** Snippets, where the world can move; the first frame of one is the sample of the same index. */
  readonly video?: WorldVideo;
  /** Sweeps of the same snippets, where the world has them. */
  readonly lidar?: WorldLidar;
  /** The same scenes in other styles, by the style's name; labels that follow from the picture differ. */
  readonly styles?: Readonly<Record<string, World>>;
}
