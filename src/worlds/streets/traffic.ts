/**
 * @file Traffic: streams of vehicles and people along the street. All of a stream keep one speed, so that
 * none runs into another, and the stream has no end in space or time.
 */
import { Random } from "../../common/random.js";
import type { Body, Thing } from "../things.js";
import type { Frame } from "../trace/primitive.js";
import { type Weights, weighted } from "../weighted.js";
import { laneMiddle, type Profile, sideOf } from "./profile.js";
import { placeAt } from "./road.js";
import { WALK_HEIGHT } from "./scenery/ground.js";
import type { Street } from "./street.js";
import { car } from "./vehicles/car.js";
import { ridden } from "./vehicles/cycles.js";
import { bus, tram, truck } from "./vehicles/heavy.js";
import { pedestrian } from "./vehicles/people.js";

export type TravellerKind = "car" | "truck" | "bus" | "train" | "motorcycle" | "bicycle" | "person";

/** Bodies that travel together. */
const makers: Record<TravellerKind, (random: Random, lit: number) => Body[]> = {
  car: (random, lit) => [car(random, lit)],
  truck: (random, lit) => [truck(random, lit)],
  bus: (random, lit) => [bus(random, lit)],
  train: (random, lit) => [tram(random, lit)],
  motorcycle: (random, lit) => ridden(random, lit, "motorcycle"),
  bicycle: (random, lit) => ridden(random, lit, "bicycle"),
  person: (random) => [pedestrian(random, true)],
};

/** Travellers in a row. */
export interface Stream {
  readonly name: string;
  /** Metres left of the road's middle, and how far travellers stray from there. */
  readonly left: number;
  readonly stray: number;
  readonly up: number;
  readonly direction: 1 | -1;
  /** Metres a second. */
  readonly speed: number;
  /** Place of number 0 at time 0, metres between two, and how irregular that is (share of the gap). */
  readonly start: number;
  readonly gap: number;
  readonly jitter: number;
  readonly kinds: Weights<TravellerKind>;
  /** Share of places in the row that are taken. */
  readonly density: number;
  /** How far before the camera travellers are shown, metres. */
  readonly reach: number;
  /** The camera's own car has place 0. */
  readonly own: boolean;
}

const LANE: Weights<TravellerKind> = { car: 9, truck: 1.6, bus: 1.1, motorcycle: 1.3 };
const TRACKS: Weights<TravellerKind> = { train: 3, car: 2 };
/** Travellers this far behind the camera still cast shadows into the picture. */
const BEHIND = 15;

function laneStreams(
  random: Random,
  profile: Profile,
  own: { lane: number; speed: number; x: number },
): Stream[] {
  return ([-1, 1] as const).flatMap((side) =>
    Array.from({ length: profile.lanes }, (_, lane): Stream => {
      const ours = side === -1 && lane === own.lane;
      const tracks = profile.tram && lane === 0;
      const kinds = tracks ? TRACKS : LANE;
      const gap = tracks ? random.uniform(42, 60) : random.uniform(17, 34);
      const standing = own.speed === 0 && side === -1;
      return {
        name: `lane ${side} ${lane}`,
        ...{ left: side * laneMiddle(profile, lane), stray: 0.15, up: 0 },
        direction: side === -1 ? 1 : -1,
        speed: ours || standing ? own.speed : random.uniform(0.7, 1.25) * Math.max(own.speed, 7),
        start: ours ? own.x : random.uniform(0, gap),
        ...{ gap, jitter: 0.2, kinds, density: random.uniform(0.45, 0.9), reach: 140 },
        own: ours,
      };
    }),
  );
}

function cycleStreams(random: Random, profile: Profile): Stream[] {
  return ([-1, 1] as const).flatMap((side): Stream[] => {
    const { lanes, cycle } = sideOf(profile, side);
    if (cycle === lanes) return [];
    return [
      {
        name: `cycle ${side}`,
        ...{ left: (side * (lanes + cycle)) / 2, stray: 0.25, up: 0, own: false },
        direction: side === -1 ? 1 : -1,
        speed: random.uniform(2.5, 6),
        ...{ start: random.uniform(0, 12), gap: random.uniform(9, 16), jitter: 0.35 },
        ...{ kinds: { bicycle: 5, motorcycle: 1 }, density: random.uniform(0.4, 0.85), reach: 65 },
      },
    ];
  });
}

function walkStreams(random: Random, profile: Profile, busyness: number): Stream[] {
  return ([-1, 1] as const).flatMap((side) =>
    ([-1, 1] as const).map((direction): Stream => {
      const { kerb, walk } = sideOf(profile, side);
      const share = direction === side ? 0.72 : 0.38;
      return {
        name: `walk ${side} ${direction}`,
        ...{ left: side * (kerb + share * (walk - kerb)), stray: 0.14 * (walk - kerb), direction },
        ...{ up: WALK_HEIGHT - 0.01, own: false },
        speed: random.uniform(0.8, 1.7),
        ...{ start: random.uniform(0, 8), gap: random.uniform(4, 9), jitter: 0.4 },
        ...{ kinds: { person: 1 }, density: random.uniform(0.3, 1) * busyness, reach: 65 },
      };
    }),
  );
}

/** Random streams of a street; the camera's car starts at `x` in `lane` and keeps `speed`. */
export function drawStreams(
  random: Random,
  profile: Profile,
  busyness: number,
  own: { lane: number; speed: number; x: number },
): Stream[] {
  return [
    ...laneStreams(random, profile, own),
    ...cycleStreams(random, profile),
    ...walkStreams(random, profile, busyness),
  ];
}

interface Traveller {
  readonly bodies: readonly Body[];
  readonly instances: readonly number[];
  readonly shift: number;
  readonly left: number;
}

/** Remembers who was met, and gives numbers to newcomers. */
export class Traffic {
  readonly #met = new Map<string, Traveller | undefined>();

  constructor(
    readonly street: Street,
    readonly streams: readonly Stream[],
    /** The next free instance number. */
    readonly number: () => number,
  ) {}

  /**
   * Everybody around the camera at `x`, where they are at `time` (seconds); those of `also` stay in it, too.
   */
  at(time: number, x: number): Thing[] {
    return this.streams.flatMap((stream) => {
      const front = stream.start + stream.direction * stream.speed * time;
      const reach = stream.jitter * stream.gap;
      const first = Math.ceil((x - BEHIND - reach - front) / stream.gap);
      const last = Math.floor((x + stream.reach + reach - front) / stream.gap);
      const things: Thing[] = [];
      for (let place = first; place <= last; place++) {
        const traveller = this.#traveller(stream, place);
        if (traveller !== undefined)
          things.push(...this.#things(stream, traveller, front + place * stream.gap));
      }
      return things;
    });
  }

  #things(stream: Stream, { bodies, instances, shift, left }: Traveller, x: number): Thing[] {
    const yaw = stream.direction > 0 ? 0 : Math.PI;
    const frame: Frame = placeAt(this.street.road, x + shift, stream.left + left, stream.up, yaw);
    return bodies.map((body, i) => ({ body, instance: instances[i], frame }));
  }

  #traveller(stream: Stream, place: number): Traveller | undefined {
    const key = `${stream.name} ${place}`;
    if (this.#met.has(key)) return this.#met.get(key);
    const random = new Random(this.street.seed, "traffic", stream.name, place);
    const there = random.uniform() < stream.density && !(stream.own && place === 0);
    const kind = weighted(random, stream.kinds);
    const shift = random.uniform(-1, 1) * stream.jitter * stream.gap;
    const left = random.uniform(-1, 1) * stream.stray;
    const traveller = there
      ? ((bodies) => ({ bodies, instances: bodies.map(() => this.number()), shift, left }))(
          makers[kind](random, this.street.weather.lit),
        )
      : undefined;
    this.#met.set(key, traveller);
    return traveller;
  }
}
