/** @file Sweeps of the built-in world `streets` in memory, as what a dataset of sweeps is made of. */

import type { SweepSource } from "../../src/data/sweeps/source.js";
import { describeSweeps } from "../../src/data/synthesis/lidar.js";
import { lidarByName, worldByName } from "../../src/worlds/index.js";
import type { LidarFrame } from "../../src/worlds/world.js";

/** The split that they are of. */
export const SPLIT = "train";

export interface StreetSweeps {
  /** Name of the sensor, and how often each of its beams fires in a turn where that is not as usual. */
  readonly sensor: string;
  readonly columns?: number;
  readonly snippets: number;
  /** Sweeps of each snippet. */
  readonly frames: number;
}

/** The first sweeps of some snippets; ids are `<snippet>-<frame>`. Equal arguments give equal bits. */
export function streetSweeps({ sensor, columns, snippets, frames }: StreetSweeps): SweepSource {
  const world = worldByName("streets", "plain");
  const usual = lidarByName(sensor);
  const turning = { ...usual, columns: columns ?? usual.columns };
  const made = new Map<string, LidarFrame>();
  const sequences = Array.from({ length: snippets }, (_, snippet) => {
    const ids: string[] = [];
    for (const each of world.lidar!.sweeps(0, SPLIT, snippet, turning)) {
      const id = `${snippet}-${ids.length}`;
      made.set(id, each);
      if (ids.push(id) === frames) break;
    }
    return { frames: ids };
  });
  const { classes, detect } = describeSweeps(world, sensor);
  return {
    ...{ name: "streets", classes, detect },
    splits: { [SPLIT]: [...made.keys()] },
    sequences: { [SPLIT]: sequences },
    isLabelled: async () => true,
    readSweep: async (_, id) => {
      const { sweep, pose } = made.get(id)!;
      return { points: sweep.points, pose };
    },
    readBoxes: async (_, id) => made.get(id)!.boxes.map((box) => ({ ...box, track: String(box.track) })),
  };
}
