/** @file The settings of the learning benchmark: all but the method is the same for both. */

export const SEEDS = [0, 1, 2] as const;

export const METHODS = {
  supervised: { name: "supervised" },
  // L1 keeps a signal where the cosine distance falls to 1e-3 within 300 steps; the ramp spares an untrained network the first gradients,
  // a hundred times those of the labels. Both were chosen on validation images of another seed.
  jtr: { name: "jtr", width: 16, distance: "l1", rampUp: 300 },
} as const;

/** A run's configuration: the world, its labels and the training all follow the seed. */
export function settings(method: keyof typeof METHODS, seed: number): Record<string, unknown> {
  return {
    data: { world: "rooms", train: 400, val: 60, test: 120, size: [96, 128], seed },
    labels: { scenario: "onelabel", seed },
    tasks: ["segmentation", "depth", "normals"],
    model: { name: "segnet", width: 32 },
    method: METHODS[method],
    optimizer: { name: "adam", learningRate: 1e-3, schedule: { name: "polynomial", power: 0.9 } },
    clipNorm: 5,
    batchSize: 4,
    steps: 600,
    seed,
    evaluation: { every: 600 },
    runtime: { threads: 1 },
  };
}
