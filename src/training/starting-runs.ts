/** @file Helper networks that start from another run's weights, e.g. the teachers of a student. */
import { UserError } from "../common/errors.js";
import { methodNamed } from "../constraints/index.js";
import { helperModule } from "../nn/module.js";
import { findRun } from "../runs/run-folder.js";
import type { Trainer } from "../step/trainer.js";
import type { Named, RunConfig } from "./config/index.js";
import { checkpointOf, loadWeights } from "./export.js";

/** A helper network and the run it starts from. */
interface StartingRun {
  readonly helper: string;
  /** Where the configuration names the run. */
  readonly key: string;
  readonly folder: string;
}

function startingRuns({ method }: RunConfig): StartingRun[] {
  const added = method.with as readonly Named[];
  return [method, ...added].flatMap((each) =>
    Object.entries(methodNamed(each.name).startsFrom ?? {}).map(([helper, option]) => ({
      helper,
      key: `${each === method ? "method" : `method.with: ${each.name}`}.${option}`,
      folder: String(each[option]),
    })),
  );
}

/** Throws UserError where a run that a helper network starts from is missing or has no checkpoint. */
export function requireStartingRuns(config: RunConfig): void {
  for (const { folder } of startingRuns(config)) checkpointOf(findRun(folder));
}

/**
 * Puts the weights of other runs (their best checkpoints', averaged where they are) into the helper networks
 * that start from them.
 * @throws UserError where a run is missing, or `config.foreign-run` where its network is not the helper's.
 */
export async function startFromRuns(
  { program, store }: Pick<Trainer, "program" | "store">,
  config: RunConfig,
): Promise<void> {
  for (const { helper, key, folder } of startingRuns(config)) {
    const variables = program.modules.of(helperModule(helper).name);
    const checkpoint = checkpointOf(findRun(folder));
    const weights = await loadWeights(checkpoint, variables).catch((cause: unknown) => {
      throw foreignRun(cause, key, checkpoint);
    });
    for (const [name, data] of weights) store.write(name, store.shape(name), data);
  }
}

function foreignRun(cause: unknown, key: string, checkpoint: string): unknown {
  if (!(cause instanceof UserError) || cause.facts.code !== "checkpoint.misfit") return cause;
  const { what, expected, got } = cause.facts;
  return new UserError(
    {
      code: "config.foreign-run",
      where: `${key}: ${checkpoint}`,
      what: `the run's network is not the one that is to start from it: ${what.replace(/^.*: /, "")}`,
      expected,
      got,
      fix: "Name a run of the method this option asks for, with the same model and at least the same tasks.",
    },
    { cause },
  );
}
