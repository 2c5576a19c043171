/** @file Who is at work on a bus: the heartbeats of one moment. */
import { UserError } from "../../common/errors.js";
import type { BusAddress } from "../../transport/address.js";
import { localBus } from "../../transport/local-bus.js";
import type { Heartbeat } from "../../transport/messages.js";
import { hearAll } from "../../transport/nats-bus.js";

/** Long enough for two heartbeats of everybody, milliseconds. */
const LISTEN_MS = 1200;

/** A process of a collective. */
export interface MemberStatus {
  readonly collective: string;
  readonly role: Heartbeat["role"];
  readonly module: string;
  readonly instance: string;
  /** Steps done; of a server, those of the weights it answers with. */
  readonly step: number;
  /** `<life>-<number>` of the snapshot published last, or served. */
  readonly snapshot: string | null;
  /** Of a server: steps that its trainer is ahead of it. Of a trainer: the most among its peers' answers. */
  readonly staleSteps: number | null;
  readonly staleSeconds: number | null;
  readonly queue: number;
  readonly skipped: number;
  readonly version: string;
  readonly trouble: string | null;
}

/** Listens for a moment. Throws UserError where the bus cannot be reached. */
export async function collectiveStatus(address: BusAddress): Promise<MemberStatus[]> {
  const heard = address.kind === "nats" ? await hearAll(address, LISTEN_MS) : await hearLocal(address.folder);
  return [...heard].flatMap(([collective, members]) =>
    members.map((each) => statusOf(collective, each, members)),
  );
}

async function hearLocal(folder: string): Promise<Map<string, Heartbeat[]>> {
  const bus = await localBus(folder);
  const first = new Map<string, number>();
  const heard = new Map<string, Heartbeat>();
  bus.onBeat((heartbeat) => {
    const key = `${heartbeat.role} ${heartbeat.module} ${heartbeat.instance}`;
    // A file may be that of a process long gone: who lives is heard twice.
    if (first.has(key)) heard.set(key, heartbeat);
    first.set(key, heartbeat.beat);
  });
  await new Promise((done) => setTimeout(done, LISTEN_MS));
  await bus.close();
  return new Map([["local", [...heard.values()]]]);
}

function statusOf(collective: string, heartbeat: Heartbeat, members: readonly Heartbeat[]): MemberStatus {
  const { role, module, instance, step, snapshot, queue, skipped, version, trouble = null } = heartbeat;
  const ages = Object.values(heartbeat.stale);
  const trainer = members.find((each) => each.role === "trainer" && each.module === module);
  const most = (values: number[]) => (values.length === 0 ? null : Math.max(...values));
  return {
    ...{ collective, role, module, instance, step, queue, skipped, version, trouble },
    snapshot: snapshot === null ? null : `${snapshot.incarnation}-${snapshot.seq}`,
    staleSteps:
      role === "trainer"
        ? most(ages.map(({ steps }) => steps))
        : trainer === undefined
          ? null
          : Math.max(0, trainer.step - step),
    staleSeconds: role === "trainer" ? most(ages.map(({ seconds }) => seconds)) : null,
  };
}

/** The statuses of a bus on which nobody is. */
export function nobodyThere(where: string): UserError {
  return new UserError({
    code: "bus.nobody",
    where,
    what: "no trainer or server of a collective is on this bus",
    fix: "Start them: `taskloom trainer CONFIG --module M --run DIR --bus URL`.",
  });
}
