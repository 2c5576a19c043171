/** @file The cross-section of a street: lanes, parking, pavements, verges. Metres from the road's middle. */
import type { Random } from "../../common/random.js";

/** One side of the road, from its middle outwards. */
export interface SideProfile {
  /** End of the lanes, of the cycle lane, and of the parking bays: the kerb. */
  readonly lanes: number;
  readonly cycle: number;
  readonly kerb: number;
  /** End of the pavement, and of the green beyond it: where lots begin. */
  readonly walk: number;
  readonly front: number;
  readonly parking: boolean;
}

export interface Profile {
  /** Lanes of each direction. */
  readonly lanes: number;
  readonly laneWidth: number;
  /** Rails in the inner lanes. */
  readonly tram: boolean;
  readonly left: SideProfile;
  readonly right: SideProfile;
  /** Trees stand in a row along the kerb. */
  readonly avenue: boolean;
}

function drawSide(random: Random, lanes: number, cycle: boolean): SideProfile {
  const parking = random.uniform() < 0.55;
  const cycleEnd = lanes + (cycle ? 1.6 : 0);
  const kerb = cycleEnd + (parking ? 2.2 : random.uniform(0.2, 0.6));
  const walk = kerb + random.uniform(2.2, 4.2);
  const front = walk + (random.uniform() < 0.4 ? random.uniform(0.8, 3) : 0);
  return { lanes, cycle: cycleEnd, kerb, walk, front, parking };
}

/** A random cross-section. */
export function drawProfile(random: Random): Profile {
  const tram = random.uniform() < 0.2;
  const lanes = tram || random.uniform() < 0.3 ? 2 : 1;
  const laneWidth = random.uniform(3.1, 3.6);
  const cycle = random.uniform() < 0.6;
  const end = lanes * laneWidth;
  return {
    lanes,
    laneWidth,
    tram,
    left: drawSide(random, end, cycle),
    right: drawSide(random, end, cycle),
    avenue: random.uniform() < 0.4,
  };
}

/** The middle of a lane, counted from the road's middle. */
export function laneMiddle({ laneWidth }: Profile, lane: number): number {
  return (lane + 0.5) * laneWidth;
}

/** Left is the positive side. */
export function sideOf({ left, right }: Profile, sign: 1 | -1): SideProfile {
  return sign > 0 ? left : right;
}
