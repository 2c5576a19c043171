/** @file Rigid things that may move: built once in coordinates of their own, placed anew in every frame. */
import {
  add3,
  apply3,
  identity3,
  type Mat3,
  multiply3,
  scale3,
  transpose3,
  type Vec3,
} from "../geometry/rotation.js";
import { emptyScene, Placer } from "./scene.js";
import { emptyBox, growBox } from "./trace/item-bounds.js";
import { type Frame, type Primitive, toWorld, writeBounds } from "./trace/primitive.js";

/** A rigid body in its own coordinates: x forward, y left, z up, standing on z = 0. */
export interface Body {
  readonly classIndex: number;
  readonly parts: readonly Primitive[];
  /** The box that holds all parts, along the body's axes. */
  readonly centre: Vec3;
  readonly size: Vec3;
}

/** A body somewhere. */
export interface Thing {
  readonly instance: number;
  readonly body: Body;
  readonly frame: Frame;
}

/** Builds a body; `build` places its parts around the origin. */
export function makeBody(classIndex: number, build: (place: Placer) => void): Body {
  const scene = emptyScene();
  build(new Placer(scene, { origin: [0, 0, 0], rotation: identity3 }, classIndex, 0));
  const box = emptyBox();
  const own = new Float64Array(6);
  for (const part of scene.primitives) {
    writeBounds(part, own, 0);
    growBox(box, 0, own, 0);
  }
  const axis = (i: number) => ({ middle: (box[i] + box[i + 3]) / 2, length: box[i + 3] - box[i] });
  const [x, y, z] = [axis(0), axis(1), axis(2)];
  return {
    classIndex,
    parts: scene.primitives,
    centre: [x.middle, y.middle, z.middle],
    size: [x.length, y.length, z.length],
  };
}

/** The parts of a thing in world coordinates. */
export function partsOf({ body, frame, instance }: Thing): Primitive[] {
  return body.parts.map((part) => ({
    ...part,
    centre: toWorld(frame, part.centre),
    rotation: multiply3(frame.rotation, part.rotation),
    instance,
  }));
}

/** A rigid motion of world points: p -> rotation p + offset. */
export interface Motion {
  readonly rotation: Mat3;
  readonly offset: Vec3;
}

/** The motion that takes a body from one frame to another. */
export function motionBetween(from: Frame, to: Frame): Motion {
  const rotation = multiply3(to.rotation, transpose3(from.rotation));
  return { rotation, offset: add3(to.origin, scale3(apply3(rotation, from.origin), -1)) };
}
