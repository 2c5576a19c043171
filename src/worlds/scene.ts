/**
 * @file A scene: solids and lights, and the hand that places parts of things. World coordinates: metres, z
 * up.
 */
import {
  add3,
  apply3,
  identity3,
  type Mat3,
  multiply3,
  rotationY,
  rotationZ,
  scale3,
  type Vec3,
} from "../geometry/rotation.js";
import type { Sky } from "./render/sky.js";
import type { Rgb } from "./surface/colour.js";
import type { Material } from "./surface/material.js";
import { type Frame, type Primitive, type Shape, toWorld } from "./trace/primitive.js";

/** A lamp or a bright opening: a parallelogram, or a point where both edges are zero. */
export interface AreaLight {
  readonly centre: Vec3;
  /** Half edges, metres. */
  readonly edgeU: Vec3;
  readonly edgeV: Vec3;
  /** Shines to this side only, by Lambert's law; undefined: to all sides alike. */
  readonly normal?: Vec3;
  /** Irradiance at 1 m, straight ahead. */
  readonly colour: Rgb;
}

export interface Sun {
  /** Unit vector towards the sun. */
  readonly direction: Vec3;
  readonly colour: Rgb;
}

/** Fog: what lies `1 / density` metres away shows by 1/e of its own light. */
export interface Haze {
  readonly density: number;
  readonly colour: Rgb;
}

export interface Scene {
  readonly primitives: Primitive[];
  readonly lights: AreaLight[];
  sun?: Sun;
  /** What rays that hit nothing see, and the light that falls from there; closed scenes have none. */
  sky?: Sky;
  haze?: Haze;
  /** Light that comes from everywhere after many reflections. */
  ambient: Rgb;
  /** How many things have been numbered so far. */
  instances: number;
}

export function emptyScene(): Scene {
  return { primitives: [], lights: [], ambient: [0.3, 0.3, 0.3], instances: 0 };
}

export interface PartOptions {
  /** Turn of the part in its object. */
  readonly turn?: Mat3;
  /** Radius, or length along x, at the top over that at the bottom. */
  readonly taper?: number;
  readonly taperY?: number;
  readonly lean?: number;
  readonly blocksLight?: boolean;
  readonly textureOrigin?: Vec3;
}

/** Adds the parts of one object, in the object's own coordinates. */
export class Placer {
  constructor(
    readonly scene: Scene,
    readonly frame: Frame,
    readonly classIndex: number,
    readonly instance: number,
  ) {}

  /** A box by its centre and full size. */
  box(centre: Vec3, size: Vec3, material: Material, options: PartOptions = {}): void {
    this.#add("box", centre, [size[0] / 2, size[1] / 2, size[2] / 2], material, options);
  }

  /** An upright cylinder or frustum by the middle of its bottom. */
  cylinder(
    bottom: Vec3,
    radius: number,
    height: number,
    material: Material,
    options: PartOptions = {},
  ): void {
    const centre: Vec3 = [bottom[0], bottom[1], bottom[2] + height / 2];
    this.#add("cone", centre, [radius, radius, height / 2], material, options);
  }

  /** An ellipsoid by its centre and full size. */
  ellipsoid(centre: Vec3, size: Vec3, material: Material, options: PartOptions = {}): void {
    this.#add("ellipsoid", centre, [size[0] / 2, size[1] / 2, size[2] / 2], material, options);
  }

  /** A box with a smaller, larger or shifted top, by its centre and the full size of its bottom. */
  frustum(centre: Vec3, size: Vec3, material: Material, options: PartOptions = {}): void {
    this.#add("frustum", centre, [size[0] / 2, size[1] / 2, size[2] / 2], material, options);
  }

  /** A round bar between two points, its radius times `taper` at the second. */
  bar(from: Vec3, to: Vec3, radius: number, material: Material, taper = 1): void {
    const along: Vec3 = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
    const length = Math.hypot(...along);
    const turn = multiply3(
      rotationZ(Math.atan2(along[1], along[0])),
      rotationY(Math.acos(Math.min(1, Math.max(-1, along[2] / length)))),
    );
    const middle = scale3(add3(from, to), 0.5);
    this.#add("cone", middle, [radius, radius, length / 2], material, { turn, taper });
  }

  /** The same thing in coordinates that start at `offset` and are turned by `yaw` radians. */
  inside(offset: Vec3, yaw = 0): Placer {
    const rotation = multiply3(this.frame.rotation, rotationZ(yaw));
    return new Placer(
      this.scene,
      { origin: toWorld(this.frame, offset), rotation },
      this.classIndex,
      this.instance,
    );
  }

  /** Another thing, with a number of its own, that stands at `offset`, turned by `yaw` radians. */
  other(classIndex: number, offset: Vec3, yaw = 0): Placer {
    const { scene, frame } = this.inside(offset, yaw);
    return new Placer(scene, frame, classIndex, scene.instances++);
  }

  #add(shape: Shape, centre: Vec3, half: Vec3, material: Material, options: PartOptions): void {
    const { turn = identity3, taper = 1, taperY, lean, blocksLight = true } = options;
    this.scene.primitives.push({
      shape,
      centre: add3(this.frame.origin, apply3(this.frame.rotation, centre)),
      rotation: multiply3(this.frame.rotation, turn),
      half,
      taper,
      ...(taperY !== undefined && { taperY }),
      ...(lean !== undefined && { lean }),
      classIndex: this.classIndex,
      instance: this.instance,
      material,
      // Otherwise all equal things would start their pattern alike.
      textureOrigin: options.textureOrigin ?? [
        (material.seed % 97) / 31,
        (material.seed % 89) / 29,
        (material.seed % 83) / 37,
      ],
      blocksLight,
    });
  }
}
