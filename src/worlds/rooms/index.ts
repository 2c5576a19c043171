/**
 * @file The world `rooms`: furnished rooms with the classes of NYU-13 and the tasks of JTR's Taskonomy
 * benchmark.
 */
import { Random } from "../../common/random.js";
import { cameraFromFieldOfView } from "../../geometry/camera.js";
import type { DepthSpec, NormalsSpec, SegmentationSpec } from "../../tasks/index.js";
import type { TaskSpec } from "../../tasks/task.js";
import { renderScene } from "../render/render.js";
import { Tracer } from "../trace/tracer.js";
import type { World } from "../world.js";
import { CLASS_NAMES } from "./classes.js";
import { makeRoom } from "./furnish.js";
import { chooseView } from "./viewpoint.js";

const segmentation: SegmentationSpec = { kind: "segmentation", classes: [...CLASS_NAMES], ignore: 255 };
const depth: DepthSpec = { kind: "depth", scale: 0.001, invalid: 0 };
const normals: NormalsSpec = { kind: "normals" };
/** Maps in [0, 1], by the names of their kinds. */
const maps: Record<string, TaskSpec> = Object.fromEntries(
  ["occlusion-edges", "reshading", "keypoints2d", "edges2d"].map((kind) => [kind, { kind }]),
);

/**
 * Labels: `segmentation` (13 classes), `depth` (metres), `normals`, and in [0, 1] `occlusion-edges`,
 * `reshading`, `keypoints2d`, `edges2d`, the seven tasks of JTR's Taskonomy benchmark; every pixel of every
 * image has them all.
 */
export const rooms: World = {
  name: "rooms",
  summary:
    "furnished rooms seen by one camera: 13 classes, depth, normals, and four maps as Taskonomy has them",
  version: 1,
  tasks: { segmentation, depth, normals, ...maps },

  camera(seed, height, width) {
    // About the range of phone, Kinect and wide-angle cameras.
    return cameraFromFieldOfView(width, height, new Random(seed, "rooms", "camera").uniform(0.95, 1.3));
  },

  render(seed, split, index, height, width) {
    const random = new Random(seed, "rooms", split, index);
    const room = makeRoom(random);
    const tracer = new Tracer(room.scene.primitives);
    const view = chooseView(room, tracer, rooms.camera(seed, height, width), width, height, random);
    return renderScene(room.scene, tracer, view, width, height, random);
  },
};
