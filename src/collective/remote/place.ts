/** @file Who a process is: names on the bus, and what all processes of a collective must agree on. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { UserError } from "../../common/errors.js";
import { unknownName } from "../../data/names.js";
import { configDigest } from "../../runs/checkpoint.js";
import type { Task } from "../../tasks/task.js";
import { busName } from "../../transport/messages.js";
import { PeerError } from "../../transport/peer-error.js";
import type { CollectiveConfig, ModuleConfig } from "../config.js";
import { tiedTasks } from "../mediator.js";

/** A name that no other process has. */
export function instanceName(): string {
  const host = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 20);
  return `${host}-${process.pid}-${randomBytes(2).toString("hex")}`;
}

/** A module by name, its name fit for a bus. Throws UserError. */
export function moduleNamed({ modules }: CollectiveConfig, name: string): ModuleConfig {
  const module = modules.find((each) => each.name === name);
  if (module === undefined) {
    throw unknownName(
      "module",
      name,
      modules.map((each) => each.name),
      "--module",
    );
  }
  for (const each of modules) {
    if (busName.safeParse(each.name).success) continue;
    throw new UserError({
      code: "collective.bus-name",
      where: `modules.${each.name}`,
      what: "the module's name cannot stand on a bus",
      expected: "up to 40 letters a to z, digits and -",
    });
  }
  return module;
}

/** SHA-256 of what processes must agree on; where data lies and how fast it is read may differ. */
export function agreementDigest({ modules, mediator, constraints, update, seed }: CollectiveConfig): string {
  const { split, frames, batchSize } = mediator;
  return configDigest({
    modules: modules.map(({ name, frozen, run: { tasks, model } }) => {
      const { weights: _weights, ...network } = model;
      return { name, frozen, tasks, network };
    }),
    mediator: { split, frames, batchSize },
    constraints: constraints.map(({ definition, options }) => ({ name: definition.name, options })),
    ...{ update, seed },
  });
}

/** Whether all see one another's weights of the very same step: what `staleness: {steps: 0}` means. */
export function isLockStep({ update, staleness }: CollectiveConfig): boolean {
  return update === "synchronous" || (staleness.steps === 0 && staleness.seconds === undefined);
}

/** The modules that constraints tie a module to; tasks are those of all. */
export function peersOf(
  { constraints }: CollectiveConfig,
  own: string,
  tasksOf: ReadonlyMap<string, readonly Task[]>,
): string[] {
  const tasks = [...tasksOf.values()].flat();
  const ownerOf = (task: string) => [...tasksOf].find(([, its]) => its.some(({ name }) => name === task))![0];
  const tied = constraints.map((each) => tiedTasks(each, tasks).map(ownerOf));
  return [...new Set(tied.filter((owners) => owners.includes(own)).flat())].filter((name) => name !== own);
}

/** What a person can mend of what a bus said; everything else as it is. */
export function busTrouble(error: unknown, { name }: Pick<CollectiveConfig, "name">): unknown {
  if (!(error instanceof PeerError)) return error;
  const { reason, message } = error;
  const fixes: Partial<Record<typeof reason, string>> = {
    conflict: "Each module is trained by one process: stop the other one, or this one.",
    mismatch: `Give this one a \`name\` of its own in its configuration (it is ${name}), or use the same configuration everywhere.`,
  };
  return new UserError(
    { code: `bus.${reason}`, where: name, what: message, fix: fixes[reason] },
    { cause: error },
  );
}
