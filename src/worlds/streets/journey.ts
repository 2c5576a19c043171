/** @file A drive along a street: what stands around the camera and what moves, at every time. */

import type { PinholeCamera } from "../../geometry/camera.js";
import { identity3, type Mat3, multiply3, rotationX, rotationZ } from "../../geometry/rotation.js";
import type { Moment } from "../labels/motion.js";
import type { View } from "../render/visibility.js";
import { emptyScene, Placer, type Scene } from "../scene.js";
import { partsOf, type Thing } from "../things.js";
import { JoinedTracer } from "../trace/joined-tracer.js";
import type { Frame, Primitive } from "../trace/primitive.js";
import type { RayTracer } from "../trace/ray-tracer.js";
import { Tracer } from "../trace/tracer.js";
import { buildChunk } from "./chunk.js";
import { TERRAIN } from "./classes.js";
import { CHUNK } from "./plot.js";
import { laneMiddle } from "./profile.js";
import { placeAt } from "./road.js";
import { type Street, trafficRandom } from "./street.js";
import { drawStreams, Traffic } from "./traffic.js";

/** Chunks before and behind the camera's own. */
const [AHEAD, BACK] = [4, 1];
/** Camera axes (x right, y down, z forward) of a camera that looks along world +x. */
const LEVEL: Mat3 = [0, 0, 1, -1, 0, 0, 0, -1, 0];
/** Numbers of the sky and of the open ground. */
const OPEN_GROUND = 1;

interface Built {
  readonly primitives: readonly Primitive[];
  readonly things: readonly Thing[];
}

/** The chunks around the camera with their tracer. */
interface Surroundings extends Built {
  readonly chunk: number;
  readonly tracer: RayTracer;
}

/** In the angle of its springs' swing, radians, where the camera's car is after `time` seconds. */
function phaseAt({ drive }: Street, time: number): number {
  return 2 * Math.PI * drive.beat * time;
}

/** A place `height` metres above the road on the camera's car, upright; x forward, y left, z up. */
export function mountAt(street: Street, height: number, time: number): Frame {
  const { road, profile, drive } = street;
  const left = -laneMiddle(profile, drive.lane) + 0.1 * Math.sin(0.4 * phaseAt(street, time));
  return placeAt(road, drive.x + drive.speed * time, left, height);
}

/** Where the camera is after `time` seconds. */
export function viewAt(street: Street, camera: PinholeCamera, time: number): View {
  const { speed, height, pitch, sway } = street.drive;
  const phase = phaseAt(street, time);
  const moving = speed > 0 ? 1 : 0;
  const { origin, rotation } = mountAt(street, height + moving * 0.012 * Math.sin(1.3 * phase), time);
  const nod = rotationX(pitch + moving * sway * Math.sin(phase));
  const roll = rotationZ(moving * 0.7 * sway * Math.sin(0.7 * phase + 1));
  return {
    camera,
    position: origin,
    rotation: multiply3(multiply3(multiply3(rotation, LEVEL), nod), roll),
  };
}

/** A drive; its moments may be asked for in any order. */
export class Journey {
  /** 0 is the sky, 1 the open ground. */
  #numbers = OPEN_GROUND + 1;
  readonly #chunks = new Map<number, Built>();
  readonly #traffic: Traffic;
  #around: Surroundings | undefined;

  constructor(readonly street: Street) {
    const { profile, styling, drive } = street;
    const streams = drawStreams(trafficRandom(street), profile, styling.busyness, drive);
    this.#traffic = new Traffic(street, streams, () => this.#numbers++);
  }

  /** The scene `time` seconds after the start, seen by a camera. */
  at(time: number, camera: PinholeCamera): Moment {
    return { ...this.surroundingsAt(time), view: viewAt(this.street, camera, time) };
  }

  /** The same, seen by none. */
  surroundingsAt(time: number): Omit<Moment, "view"> {
    const { drive, weather } = this.street;
    const x = drive.x + drive.speed * time;
    const around = this.#surroundings(Math.floor(x / CHUNK));
    const moving = this.#traffic.at(time, x);
    const parts = moving.flatMap(partsOf);
    const scene: Scene = {
      ...emptyScene(),
      primitives: [...around.primitives, ...parts],
      sun: weather.sun,
      sky: weather.sky,
      haze: weather.haze,
    };
    return {
      scene,
      tracer: parts.length === 0 ? around.tracer : new JoinedTracer(around.tracer, new Tracer(parts, "bins")),
      things: [...around.things, ...moving],
    };
  }

  #surroundings(chunk: number): Surroundings {
    if (this.#around?.chunk === chunk) return this.#around;
    const built = Array.from({ length: BACK + 1 + AHEAD }, (_, i) => this.#chunk(chunk - BACK + i));
    for (const old of this.#chunks.keys()) if (old < chunk - BACK) this.#chunks.delete(old);
    const primitives = [...this.#ground(chunk), ...built.flatMap((each) => each.primitives)];
    const things = built.flatMap((each) => each.things);
    this.#around = { chunk, primitives, things, tracer: new Tracer(primitives, "bins") };
    return this.#around;
  }

  #chunk(index: number): Built {
    const known = this.#chunks.get(index);
    if (known !== undefined) return known;
    const { primitives, things, instances } = buildChunk(this.street, index);
    const first = this.#numbers;
    this.#numbers += instances;
    const built = {
      primitives: primitives.map((each) => ({ ...each, instance: each.instance + first })),
      things: things.map((each) => ({ ...each, instance: each.instance + first })),
    };
    this.#chunks.set(index, built);
    return built;
  }

  /** The ground beyond the lots, to the horizon. */
  #ground(chunk: number): Primitive[] {
    const scene = emptyScene();
    const x = chunk * CHUNK;
    const frame = { origin: [x, 0, 0] as const, rotation: identity3 };
    const place = new Placer(scene, frame, TERRAIN, OPEN_GROUND);
    const { grass } = this.street.styling;
    place.box([0, 0, -1.06], [6000, 6000, 2], grass, { textureOrigin: [x, 0, 0] });
    return scene.primitives;
  }
}
