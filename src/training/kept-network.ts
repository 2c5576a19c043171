/** @file The network that a run keeps, with the weights of one of its checkpoints. */
import type { Network } from "../models/network.js";
import type { RunPaths } from "../runs/run-folder.js";
import type { Engine } from "../runtime/engine.js";
import { nodeEngine } from "../runtime/engine.node.js";
import { StateStore } from "../runtime/state-store.js";
import { buildInference } from "../step/inference-graph.js";
import type { RunConfig } from "./config/index.js";
import { checkpointOf, loadWeights, type WhichCheckpoint } from "./export.js";
import { type KeptData, keptData } from "./kept-data.js";
import { networkOf } from "./parts.js";
import { runConfig } from "./run-files.js";

export interface KeptNetwork {
  readonly config: RunConfig;
  readonly kept: KeptData;
  readonly network: Network;
  /** Path of the checkpoint. */
  readonly checkpoint: string;
  readonly engine: Engine;
  /** Holds the network's variables. */
  readonly store: StateStore;
}

/** Opens it. Throws UserError where the run has no checkpoint, or one that does not fit. */
export async function openKeptNetwork(run: RunPaths, which?: WhichCheckpoint): Promise<KeptNetwork> {
  const config = await runConfig(run);
  const network = networkOf(config);
  const kept = await keptData(run);
  const checkpoint = checkpointOf(run, which);
  const engine = await nodeEngine({ provider: config.runtime.provider, threads: config.runtime.threads });
  const store = new StateStore(engine);
  const { modules } = buildInference({ tasks: kept.tasks, network, batchSize: 1, size: kept.size });
  for (const [name, values] of await loadWeights(checkpoint, modules.all())) {
    store.write(name, modules.get(name)!.tensor.shape, values);
  }
  return { config, kept, network, checkpoint, engine, store };
}
