/**
 * @file A collective at work for a given time while faults befall it, drawn from a seed: afterwards no
 * checkpoint may be lost, no step missing, no loss infinite, no skip uncounted, and nothing have grown.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../src/common/random.js";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import { readMetrics, type StepRecord } from "../../src/training/index.js";
import type { TestBroker } from "../../tests/helpers/broker.js";
import { openLink } from "../../tests/helpers/link.js";
import { endlessCollective } from "./collectives.js";
import { FAULTS, type FaultReport, MODULES } from "./faults.js";
import { Household, lastWords, type Member, until } from "./household.js";
import { latestSteps, metricsFile } from "./records.js";

export interface SoakOptions {
  readonly folder: string;
  readonly broker: TestBroker;
  readonly minutes: number;
  readonly seed: number;
  readonly log: (text: string) => void;
}

const CHECKPOINT_EVERY = 50;
/** How long a busy machine may take to start, and to be whole again, milliseconds. */
const PATIENCE_MS = 900_000;
/** How often memory is looked at, milliseconds. */
const SAMPLE_MS = 5000;
/** A process that has lived for so many looks should have stopped growing. */
const SETTLED = 60;

/** Resident memory of a process, MiB. */
function residentMiB(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return kib === null ? undefined : Number(kib[1]) / 1024;
  } catch {
    return undefined;
  }
}

function folderMiB(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    // What vanishes while it is looked at weighs nothing.
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat?.isFile()) bytes += stat.size;
  }
  return bytes / 2 ** 20;
}

/** What the log of a module's run says of all of its steps. */
function accounts(run: string, module: string) {
  const records = readMetrics(metricsFile(run, module)).filter(
    (each): each is StepRecord => each.kind === "step",
  );
  const reasons: Record<string, number> = {};
  const problems: string[] = [];
  let used = 0;
  records.forEach(({ step, losses, consistency }, i) => {
    if (step !== i + 1) problems.push(`${module}: step ${step} stands where ${i + 1} should`);
    if (!Object.values(losses).every(Number.isFinite)) problems.push(`${module}: a loss of step ${step}`);
    const skipped = consistency?.skipped ?? [];
    for (const { reason } of skipped) reasons[reason] = (reasons[reason] ?? 0) + 1;
    if (consistency === undefined || consistency.used.length + skipped.length !== 1) {
      problems.push(`${module}: step ${step} neither used its peer nor skipped it`);
    }
    if ((consistency?.used.length ?? 0) === 1 && !("depth-normals" in losses)) {
      problems.push(`${module}: step ${step} claims a term that it has not`);
    }
    used += consistency?.used.length ?? 0;
  });
  return { steps: records.length, used, skipped: reasons, problems };
}

/** Memory over time of each process. */
class Memory {
  readonly #series = new Map<string, number[]>();
  readonly #storage: number[] = [];

  look(members: Iterable<Member>, storage: string): void {
    this.#storage.push(folderMiB(storage));
    for (const { role, module, child } of members) {
      const mib = child.pid === undefined ? undefined : residentMiB(child.pid);
      if (mib === undefined) continue;
      const name = `${role} ${module} ${child.pid}`;
      this.#series.set(name, [...(this.#series.get(name) ?? []), mib]);
    }
  }

  /** First half of what is settled against the second, of those that lived long enough for it. */
  summary() {
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const halves = (values: readonly number[]) => {
      const middle = Math.ceil(values.length / 2);
      return { before: mean(values.slice(0, middle)), after: mean(values.slice(middle)) };
    };
    const processes = [...this.#series]
      .filter(([, values]) => values.length >= SETTLED + 20)
      .map(([name, values]) => ({ name, ...halves(values.slice(SETTLED)) }));
    return { processesMiB: processes, brokerStorageMiB: halves(this.#storage) };
  }
}

interface Halves {
  readonly before: number;
  readonly after: number;
}

export interface SoakResult {
  readonly minutes: number;
  readonly seed: number;
  /** Whether everything was as it has to be. */
  readonly sound: boolean;
  readonly problems: readonly string[];
  /** Starts of a process that found no broker, and were repeated. */
  readonly startsWithoutBroker: number;
  readonly modules: Readonly<
    Record<string, { steps: number; used: number; skipped: Readonly<Record<string, number>> }>
  >;
  /** How often each fault befell it. */
  readonly counts: Readonly<Record<string, number>>;
  readonly memoryMiB: {
    readonly processes: readonly ({ readonly name: string } & Halves)[];
    readonly brokerStorage: Halves;
  };
  readonly events: readonly (FaultReport & { readonly fault: string; readonly atS: number })[];
}

/** Runs the soak. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { folder, broker, minutes, seed, log } = options;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "soak.json");
  writeFileSync(file, JSON.stringify(endlessCollective(CHECKPOINT_EVERY)));
  const house = new Household(folder, file, broker.url);
  const problems: string[] = [];
  const events: SoakResult["events"][number][] = [];
  let begun = performance.now();
  const atS = () => Math.round((performance.now() - begun) / 1000);
  let without = 0;
  house.onLoss = (member) => {
    // Started while there is no broker, it says so and ends: whoever launches it tries again.
    if (lastWords(member).includes("no broker answers")) without++;
    else
      problems.push(`${member.role} ${member.module} ended by itself after ${atS()} s: ${lastWords(member)}`);
    house.again(member);
  };
  const link = await openLink(broker.url);
  const savedStep = async (module: string): Promise<number> => {
    const path = join(house.run, "modules", module, "checkpoints/last.safetensors");
    return (await loadCheckpoint(path)).state.step;
  };
  const memory = new Memory();
  const timer = setInterval(() => memory.look(house.members, broker.folder), SAMPLE_MS);
  try {
    for (const name of MODULES) {
      house.start("server", name);
      house.start("server", name, { bus: link.url });
      house.start("trainer", name);
    }
    for (const name of MODULES) {
      const last = () => latestSteps(house.run, name).at(-1)?.step ?? 0;
      await until(`${name} at work`, () => last() > CHECKPOINT_EVERY, PATIENCE_MS);
    }
    begun = performance.now();
    const random = new Random(seed, "soak");
    const scene = { house, broker, link, savedStep };
    const names = Object.keys(FAULTS);
    const drawn: string[] = [];
    while (atS() < minutes * 60) {
      await sleep(random.uniform(2000, 15_000));
      const when = atS();
      // All kinds in turn, in another order each time.
      if (drawn.length === 0) drawn.push(...random.shuffle(names));
      const fault = drawn.pop()!;
      const report = await FAULTS[fault](scene, random);
      log(`${when} s: ${fault} ${report.module ?? ""}`);
      events.push({ atS: when, fault, ...report });
      const [before, after] = report.saved ?? [0, 0];
      if (after < before) problems.push(`${report.module}: its checkpoint of step ${before} was lost`);
    }
    // Whole again in the end.
    for (const name of MODULES) {
      const from = latestSteps(house.run, name).at(-1)?.step ?? 0;
      const uses = () =>
        latestSteps(house.run, name).some((each) => each.step > from && each.consistency?.used.length === 1);
      await until(`${name} with its peer`, uses, PATIENCE_MS);
    }
    for (const { role, code } of await house.leave()) {
      if (code !== (role === "trainer" ? 143 : 0)) problems.push(`a ${role} ended with ${code}`);
    }
    const modules: Record<string, SoakResult["modules"][string]> = {};
    for (const name of MODULES) {
      const { problems: found, ...rest } = accounts(house.run, name);
      problems.push(...found.slice(0, 20));
      if ((await savedStep(name)) !== rest.steps) problems.push(`${name}: its last step was not saved`);
      modules[name] = rest;
    }
    const { processesMiB, brokerStorageMiB } = memory.summary();
    for (const { name, before, after } of processesMiB) {
      if (after > before * 1.1) problems.push(`${name} grew from ${before} to ${after} MiB`);
    }
    const counts = Object.fromEntries(
      names.map((name) => [name, events.filter(({ fault }) => fault === name).length]),
    );
    for (const [name, count] of Object.entries(counts)) if (count === 0) problems.push(`never: ${name}`);
    const memoryMiB = { processes: processesMiB, brokerStorage: brokerStorageMiB };
    const about = { minutes, seed, sound: problems.length === 0, problems, startsWithoutBroker: without };
    return { ...about, modules, counts, memoryMiB, events };
  } finally {
    clearInterval(timer);
    house.onLoss = () => undefined;
    await house.kill();
    await link.close();
  }
}
