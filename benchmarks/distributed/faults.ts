/** @file The faults of a soak, drawn from a seed: what is done to which process, and how it is put right. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../src/common/random.js";
import type { TestBroker } from "../../tests/helpers/broker.js";
import type { Link } from "../../tests/helpers/link.js";
import type { Household, Member } from "./household.js";

export const MODULES = ["depth", "normals"] as const;

/** What a fault needs to know. */
export interface Scene {
  readonly house: Household;
  readonly broker: TestBroker;
  /** The way of one server of each module to the broker. */
  readonly link: Link;
  /** Step of a module's checkpoint on the disk. */
  savedStep(module: string): Promise<number>;
}

export interface FaultReport {
  readonly module?: string;
  /** Step of a trainer's checkpoint before and after its death. */
  readonly saved?: readonly [number, number];
}

type Fault = (scene: Scene, random: Random) => Promise<FaultReport>;

const seconds = (random: Random, low: number, high: number) => sleep(random.uniform(low, high) * 1000);

async function stoppedFor(member: Member, random: Random): Promise<FaultReport> {
  member.child.kill("SIGSTOP");
  await seconds(random, 2, 8);
  member.child.kill("SIGCONT");
  return { module: member.module };
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  "server killed": async ({ house }, random) => {
    const member = random.pick(house.of("server"));
    await house.end(member, "SIGKILL");
    await seconds(random, 0, 4);
    house.again(member);
    return { module: member.module };
  },
  "all servers of a module killed": async ({ house }, random) => {
    const module = random.pick(MODULES);
    const all = house.of("server", module);
    await Promise.all(all.map((each) => house.end(each, "SIGKILL")));
    await seconds(random, 2, 10);
    for (const each of all) house.again(each);
    return { module };
  },
  "server stopped for a while": ({ house }, random) => stoppedFor(random.pick(house.of("server")), random),
  "trainer stopped for a while": ({ house }, random) => stoppedFor(random.pick(house.of("trainer")), random),
  "trainer killed": async ({ house, savedStep }, random) => {
    const member = random.pick(house.of("trainer"));
    const before = await savedStep(member.module);
    await house.end(member, "SIGKILL");
    const saved = await savedStep(member.module);
    house.again(member);
    return { module: member.module, saved: [before, saved] };
  },
  "link of a server of each module cut": async ({ link }, random) => {
    link.cut();
    await seconds(random, 2, 8);
    link.heal();
    return {};
  },
  "broker killed": async ({ broker }, random) => {
    await broker.kill();
    await seconds(random, 0.5, 5);
    await broker.start();
    return {};
  },
  "broker came back empty": async ({ broker }, random) => {
    await broker.wipe();
    await seconds(random, 0.5, 5);
    await broker.start();
    return {};
  },
};
