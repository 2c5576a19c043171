/** @file Between the state of a trainer and the arrays of a checkpoint. */
import { UserError } from "../common/errors.js";
import type { StoredArray } from "../disk/safetensors.js";
import { sameShape } from "../graph/tensor.js";
import type { ArrayOwner, Checkpoint } from "../runs/checkpoint.js";
import type { Trainer } from "../step/trainer.js";

type Arrays = Pick<Checkpoint, "arrays" | "owners">;

/**
 * What every array of a run is, by name; copies that follow others count as state, what only the optimizer
 * needs as slots. What else lies in the store is state of nobody that is kept.
 */
function ownersOf({ program, store }: Pick<Trainer, "program" | "store">): Map<string, ArrayOwner> {
  const { modules, graph } = program;
  const variables = modules
    .all()
    .map(({ name, kind, module }): [string, ArrayOwner] => [
      name,
      { kind: module.follows === undefined ? kind : "state", module: module.name, kept: module.kept },
    ]);
  const slots = graph.slots.map(({ name }): [string, ArrayOwner] => [
    name,
    { kind: "slot", module: null, kept: false },
  ]);
  const known = new Map([...variables, ...slots]);
  const others = store.names().filter((name) => !known.has(name));
  return new Map([
    ...known,
    ...others.map((name) => [name, { kind: "state", module: null, kept: false }] as const),
  ]);
}

/** Everything, to resume from; or only what evaluating and exporting the network takes. */
export type Extent = "everything" | "network";

/**
 * The arrays to save. On CPU providers they are not copied: save them before the next step.
 * @throws UserError `training.diverged` where a value is NaN or infinite.
 */
export async function arraysToSave(
  trainer: Pick<Trainer, "program" | "store">,
  extent: Extent,
  lastGood: string,
): Promise<Arrays> {
  const { store } = trainer;
  const owners = new Map([...ownersOf(trainer)].filter(([, { kept }]) => extent === "everything" || kept));
  const arrays = new Map<string, StoredArray>();
  for (const name of owners.keys()) {
    const shape = store.shape(name);
    const bytes = store.bytes(name);
    const copy = bytes === null ? await store.read(name) : null;
    requireFinite(name, bytes ?? copy!, lastGood);
    // What has to be reordered is so when it is written, one array after the other: all at once would be the
    // whole state a second time.
    arrays.set(name, {
      dtype: "F32",
      shape,
      get data() {
        return copy ?? store.plain(name);
      },
    });
  }
  return { arrays, owners };
}

function requireFinite(name: string, data: Float32Array, lastGood: string): void {
  // A sum is NaN or infinite as soon as one value is, and much faster than a test of each.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  if (Number.isFinite(sum)) return;
  throw new UserError({
    code: "training.diverged",
    what: `training diverged: ${name} holds values that are no finite numbers, so no checkpoint was saved`,
    fix: `${lastGood} Lower optimizer.learningRate or set clipNorm.`,
  });
}

/**
 * Puts the arrays of a checkpoint in place. Throws UserError where it belongs to another network or
 * optimizer.
 */
export function restoreArrays(
  { store }: Pick<Trainer, "store">,
  { arrays }: Pick<Checkpoint, "arrays">,
  path: string,
): void {
  const names = store.names();
  const missing = names.find((name) => !arrays.has(name));
  const extra = [...arrays.keys()].find((name) => !store.has(name));
  if (missing !== undefined || extra !== undefined) {
    throw misfit(
      path,
      missing === undefined ? `it holds ${extra}, which this run does not have` : `it lacks ${missing}`,
    );
  }
  for (const name of names) {
    const { dtype, shape, data } = arrays.get(name)!;
    if (dtype !== "F32" || !sameShape(shape, store.shape(name))) {
      throw misfit(path, `${name} is ${dtype} [${shape}], not F32 [${store.shape(name)}]`);
    }
    store.write(name, shape, data);
  }
}

function misfit(path: string, why: string): UserError {
  return new UserError({
    code: "checkpoint.misfit",
    where: path,
    what: `the checkpoint does not fit this configuration: ${why}`,
    fix: "Resume with the configuration that the run was started with.",
  });
}
