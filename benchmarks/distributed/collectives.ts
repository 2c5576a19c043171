/** @file The collectives that are measured. */
import { fileURLToPath } from "node:url";

export interface Scale {
  readonly size: readonly [number, number];
  readonly width: number;
  readonly images: number;
  readonly batch: number;
}

export const FULL: Scale = { size: [64, 128], width: 16, images: 16, batch: 4 };
export const QUICK: Scale = { size: [32, 64], width: 2, images: 4, batch: 2 };

const world = ({ size, images }: Scale, more: object = {}) => ({
  ...{ world: "streets", train: images, val: 1, test: 1, size, ...more },
});

const common = { evaluation: { split: null }, samples: { count: 0 }, runtime: { threads: 1, workers: 0 } };

function moduleOf(task: string, scale: Scale, data: unknown, more: object = {}) {
  const { width, batch } = scale;
  return { tasks: [task], model: { name: "segnet", width, ...more }, batchSize: batch, data };
}

/** Peers of the depth network, and the constraints that tie it to the first 0, 1 or 2 of them. */
export const PEERS = ["normals", "segmentation"] as const;
const TIES = [
  { name: "depth-smoothness" },
  { name: "depth-normals", weight: 0.1 },
  { name: "segmentation-flow", weight: 0.1 },
];

/** All three networks, trained for `steps` so that there are weights to begin with. */
export function preparation(scale: Scale, steps: number): object {
  return {
    mediator: { data: world(scale, { seed: 7 }), frames: 2, batchSize: scale.batch },
    modules: Object.fromEntries(
      ["depth", ...PEERS].map((task) => [task, moduleOf(task, scale, world(scale))]),
    ),
    constraints: TIES,
    ...{ ...common, checkpoint: { best: null }, steps },
  };
}

/** A depth network that learns beside peers that do not: a step costs its own step and their passes. */
export function measuredCollective(scale: Scale, steps: number, peers: number, prepared: string): object {
  const frozen = PEERS.slice(0, peers).map((task) => [
    task,
    {
      ...moduleOf(task, scale, "none", { weights: `${prepared}/modules/${task}` }),
      frozen: true,
    },
  ]);
  return {
    mediator: { data: world(scale, { seed: 7 }), frames: 2, batchSize: scale.batch },
    modules: { depth: moduleOf("depth", scale, world(scale)), ...Object.fromEntries(frozen) },
    constraints: TIES.slice(0, peers + 1),
    staleness: { steps: 100 },
    ...{ ...common, checkpoint: { every: steps, best: null }, steps },
  };
}

const PLAIN_NET = fileURLToPath(new URL("../../../examples/plugins/plain-net.mjs", import.meta.url));

/** Two tiny networks that learn from one another until they are told to stop; an answer may take `waitMs`. */
export function endlessCollective(checkpointEvery: number, waitMs = 1000): object {
  const scale: Scale = { size: [32, 32], width: 4, images: 8, batch: 2 };
  const plain = (task: string) => [
    task,
    { ...moduleOf(task, scale, world(scale)), model: { name: "plain-net", width: scale.width } },
  ];
  return {
    plugins: [PLAIN_NET],
    mediator: { data: world(scale, { seed: 7 }), batchSize: scale.batch },
    modules: Object.fromEntries(["depth", "normals"].map(plain)),
    constraints: [{ name: "depth-normals", weight: 0.1 }],
    staleness: { steps: 20 },
    ...{ ...common, checkpoint: { every: checkpointEvery, best: null }, steps: 10_000_000 },
    bus: { waitMs, onSkipped: "continue" },
  };
}
