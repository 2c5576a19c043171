/**
 * @file The world `rooms`: furnished rooms with the classes of NYU-13 and the tasks of JTR's Taskonomy
 * benchmark.
 */
import { Random } from "../../common/random.js";
import { cameraFromFieldOfView } from "../../geometry/camera.js";
import type { DepthSpec, NormalsSpec, SegmentationSpec } from "../../tasks/index.js";
import type { TaskSpec } from "../../tasks/task.js";
import { geometryLabels, instancesOf, taskonomyLabels } from "../labels/index.js";
import { frameMotion } from "../labels/motion.js";
import { drawShot, frameShot, renderPicture, type Shot, type Style } from "../render/render.js";
import { traceVisibility, type View } from "../render/visibility.js";
import type { Scene } from "../scene.js";
import { Tracer } from "../trace/tracer.js";
import type { RenderedSample, World } from "../world.js";
import { CLASS_NAMES } from "./classes.js";
import { makeRoom } from "./furnish.js";
import { chooseView } from "./viewpoint.js";
import { walk } from "./walk.js";

const segmentation: SegmentationSpec = { kind: "segmentation", classes: [...CLASS_NAMES], ignore: 255 };
const depth: DepthSpec = { kind: "depth", scale: 0.001, invalid: 0 };
const normals: NormalsSpec = { kind: "normals" };
/** Maps in [0, 1], by the names of their kinds. */
const maps: Record<string, TaskSpec> = Object.fromEntries(
  ["occlusion-edges", "reshading", "keypoints2d", "edges2d"].map((kind) => [kind, { kind }]),
);

interface Stand {
  readonly scene: Scene;
  readonly tracer: Tracer;
  readonly view: View;
  readonly shot: Shot;
  /** What is left of the sample's random numbers. */
  readonly random: Random;
}

/** A furnished room, and where to stand in it. */
function enter(seed: number, split: string, index: number, height: number, width: number): Stand {
  const random = new Random(seed, "rooms", split, index);
  const room = makeRoom(random);
  const tracer = new Tracer(room.scene.primitives);
  const view = chooseView(room, tracer, camera(seed, height, width), width, height, random);
  return { scene: room.scene, tracer, view, shot: drawShot(random), random };
}

function camera(seed: number, height: number, width: number) {
  // About the range of phone, Kinect and wide-angle cameras.
  return cameraFromFieldOfView(width, height, new Random(seed, "rooms", "camera").uniform(0.95, 1.3));
}

/** What a view shows; its motion until the view `next` where there is one. */
function look(
  { scene, tracer, view, shot }: Stand,
  size: readonly [number, number],
  style: Style,
  next?: View,
) {
  const [height, width] = size;
  const seen = traceVisibility(scene, tracer, view, width, height);
  const image = renderPicture(scene, tracer, view, seen, shot, style);
  const moment = { scene, tracer, things: [] };
  const sample: RenderedSample = {
    image,
    labels: {
      ...geometryLabels(scene, view, seen),
      ...taskonomyLabels(tracer, view, seen, image),
    },
    instances: instancesOf(scene, seen),
    camera: view.camera,
    pose: { rotation: view.rotation, position: view.position },
    ...(next && { motion: frameMotion({ ...moment, view }, seen, { ...moment, view: next }) }),
  };
  return sample;
}

function makeRooms(style: Style): World {
  return {
    name: "rooms",
    summary:
      "furnished rooms seen by one camera: 13 classes, depth, normals, and four maps as Taskonomy has them",
    version: 1,
    tasks: { segmentation, depth, normals, ...maps },
    camera,
    render: (seed, split, index, height, width) =>
      look(enter(seed, split, index, height, width), [height, width], style),
    video: {
      rate: 10,
      *frames(seed, split, index, height, width) {
        const stand = enter(seed, split, index, height, width);
        const views = walk(stand.view, stand.tracer, stand.random);
        let view = views.next().value;
        for (let frame = 0; ; frame++) {
          const next = views.next().value;
          const shot = frameShot(stand.shot, frame);
          yield look({ ...stand, view, shot }, [height, width], style, next);
          view = next;
        }
      },
    },
  };
}

/**
 * Labels: `segmentation` (13 classes), `depth` (metres), `normals`, and in [0, 1] `occlusion-edges`,
 * `reshading`, `keypoints2d`, `edges2d`, the seven tasks of JTR's Taskonomy benchmark; every pixel of every
 * image has them all. Video: a walk through the room at 10 frames a second.
 */
export const rooms: World = { ...makeRooms("photo"), styles: { plain: makeRooms("plain") } };
