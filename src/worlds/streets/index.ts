/**
 * @file The world `streets`: streets seen from a moving car, with the 19 classes of Cityscapes, depth,
 * normals, and the motion of the camera and of everything in sight.
 */
import { Random } from "../../common/random.js";
import { cameraFromFieldOfView } from "../../geometry/camera.js";
import type { DepthSpec, NormalsSpec, SegmentationSpec } from "../../tasks/index.js";
import { boxesOf } from "../labels/boxes.js";
import { geometryLabels, instancesOf } from "../labels/index.js";
import { frameMotion, type Moment } from "../labels/motion.js";
import { lidarBoxes } from "../lidar/boxes.js";
import type { LidarSensor } from "../lidar/sensors.js";
import { sweepScene } from "../lidar/sweep.js";
import { drawShot, frameShot, renderPicture, type Shot, type Style } from "../render/render.js";
import { traceVisibility } from "../render/visibility.js";
import type { LidarFrame, RenderedSample, World } from "../world.js";
import { CLASS_NAMES, PERSON } from "./classes.js";
import { Journey, mountAt } from "./journey.js";
import { drawStreet } from "./street.js";

const segmentation: SegmentationSpec = { kind: "segmentation", classes: [...CLASS_NAMES], ignore: 255 };
/** Steps of 1/256 m, as KITTI has them: 16 bits reach to 255 m. */
const depth: DepthSpec = { kind: "depth", scale: 1 / 256, invalid: 0 };
const normals: NormalsSpec = { kind: "normals" };
/** Depth beyond this is unknown, metres; it is what Cityscapes' disparity can tell, too. */
const FARTHEST = 250;
/** Boxes of what is farther away are left out, metres. */
const BOXES = 100;
/** Frames a second. */
const RATE = 10;

/** Classes of the boxes. */
const ROAD_USERS = CLASS_NAMES.slice(PERSON);
/** Cars as they mostly are. */
const DETECT = { vehicle: { of: ["car"], size: [4.6, 1.88, 1.6], overlap: 0.5 } } as const;

function camera(seed: number, height: number, width: number) {
  // From Cityscapes' and KITTI's cameras to wide-angle ones of action cameras.
  return cameraFromFieldOfView(width, height, new Random(seed, "streets", "camera").uniform(0.9, 1.35));
}

function look(
  now: Moment,
  next: Moment,
  shot: Shot,
  [height, width]: readonly [number, number],
  style: Style,
): RenderedSample {
  const { scene, tracer, view, things } = now;
  const seen = traceVisibility(scene, tracer, view, width, height);
  const instances = instancesOf(scene, seen);
  return {
    image: renderPicture(scene, tracer, view, seen, shot, style),
    labels: geometryLabels(scene, view, seen, FARTHEST),
    instances,
    camera: view.camera,
    pose: { rotation: view.rotation, position: view.position },
    motion: frameMotion(now, seen, next),
    boxes: boxesOf(things, view, instances, CLASS_NAMES, BOXES),
  };
}

function* sweeps(
  seed: number,
  split: string,
  index: number,
  sensor: LidarSensor,
): Generator<LidarFrame, never> {
  const street = drawStreet(new Random(seed, "streets", split, index));
  const journey = new Journey(street);
  for (let frame = 0; ; frame++) {
    const time = frame / RATE;
    const { scene, tracer, things } = journey.surroundingsAt(time);
    const { origin, rotation } = mountAt(street, sensor.height, time);
    const pose = { rotation, position: origin };
    const random = new Random(seed, "streets", split, index, "lidar", frame);
    const sweep = sweepScene(scene, tracer, pose, sensor, random);
    yield { sweep, pose, boxes: lidarBoxes(things, pose, sweep, CLASS_NAMES, sensor.range) };
  }
}

function makeStreets(style: Style): World {
  function* frames(seed: number, split: string, index: number, height: number, width: number) {
    const random = new Random(seed, "streets", split, index);
    const street = drawStreet(random);
    const shot = drawShot(random);
    const film = { ...shot.film, exposure: shot.film.exposure * street.weather.dim };
    const journey = new Journey(street);
    const eye = camera(seed, height, width);
    let now = journey.at(0, eye);
    for (let frame = 0; ; frame++) {
      const next = journey.at((frame + 1) / RATE, eye);
      yield look(now, next, frameShot({ ...shot, film }, frame), [height, width], style);
      now = next;
    }
  }
  return {
    name: "streets",
    summary: "streets seen from a moving car: 19 classes, depth, normals, boxes, and how everything moves",
    version: 1,
    tasks: { segmentation, depth, normals },
    boxes: true,
    camera,
    render(seed, split, index, height, width) {
      for (const sample of frames(seed, split, index, height, width)) return sample;
      throw new RangeError("a snippet has no end");
    },
    video: { rate: RATE, frames },
    lidar: { rate: RATE, classes: ROAD_USERS, detect: DETECT, sweeps },
  };
}

/**
 * Labels: `segmentation` (the 19 classes of Cityscapes), `depth` (metres, valid up to 250 m) and `normals`;
 * the sky has a class and nothing else. Beside them instances, boxes, pose and motion. Video: a drive along
 * the street at 10 frames a second.
 */
export const streets: World = { ...makeStreets("photo"), styles: { plain: makeStreets("plain") } };
