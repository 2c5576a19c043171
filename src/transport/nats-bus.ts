/**
 * @file The transport over a NATS broker: heartbeats and requests by core subjects, keys in a KV bucket,
 * snapshots in an object store for each module.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import type { BusAddress } from "./address.js";
import type { Bus, Stop } from "./bus.js";
import { type Heartbeat, heartbeatSchema } from "./messages.js";
import {
  brokerError,
  connectNats,
  leaveNats,
  type NatsPackages,
  natsPackages,
  replicasOn,
} from "./nats-client.js";
import { NatsRequests } from "./nats-requests.js";
import { natsBlobs, natsKeys } from "./nats-storage.js";

/** Who a process is on the bus: what it may do there depends on role and module. */
export interface BusIdentity {
  /** The collective. */
  readonly run: string;
  readonly role: "trainer" | "server" | "observer";
  /** Empty for observers. */
  readonly module: string;
  readonly instance: string;
}

/** Prefix of the subjects that replies to a role come under; nobody else may listen there. */
export function inboxOf({ role, module }: Pick<BusIdentity, "role" | "module">): string {
  return `_INBOX.${role}${module === "" ? "" : `-${module}`}`;
}

function beatsOf(nc: NatsConnection, subject: string, listener: (heartbeat: Heartbeat) => void): Stop {
  const subscription = nc.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return;
      const parsed = heartbeatSchema.safeParse(jsonOf(message.data));
      if (parsed.success) listener(parsed.data);
    },
  });
  return () => subscription.unsubscribe();
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** A place on a broker. Throws UserError where it cannot be reached. */
export async function natsBus(
  address: Extract<BusAddress, { kind: "nats" }>,
  identity: BusIdentity,
): Promise<Bus> {
  const packages: NatsPackages = await natsPackages();
  const { run, role, module: own } = identity;
  const nc = await connectNats(packages, address, inboxOf(identity));
  const replicas = replicasOn(address.servers);
  const requests = new NatsRequests(packages.core, nc, `tl.${run}.fp`, inboxOf(identity));
  // A server needs to hear its own module's trainer only.
  const heard = role === "server" ? `tl.${run}.hb.trainer.${own}.*` : `tl.${run}.hb.>`;
  return {
    keys: natsKeys(packages, nc, `TL_${run}`, replicas),
    blobs: (module) => natsBlobs(packages, nc, `TL_${run}_${module}`, replicas),
    beat: (heartbeat) => {
      const { role, module, instance } = heartbeat;
      if (!nc.isClosed()) nc.publish(`tl.${run}.hb.${role}.${module}.${instance}`, JSON.stringify(heartbeat));
    },
    onBeat: (listener) => beatsOf(nc, heard, listener),
    serve: async (module, instance, handler) => ({ stop: requests.serve(module, instance, handler) }),
    call: ({ module, instance }, frame, options) => requests.call(module, instance, frame, options),
    close: () => leaveNats(nc),
  };
}

/**
 * Listens to the heartbeats of all collectives on a broker for some time; by name of the collective. Throws
 * UserError where the broker cannot be reached or denies it.
 */
export async function hearAll(
  address: Extract<BusAddress, { kind: "nats" }>,
  ms: number,
): Promise<Map<string, Heartbeat[]>> {
  const packages = await natsPackages();
  const nc = await connectNats(packages, address, inboxOf({ role: "observer", module: "" }));
  const heard = new Map<string, Map<string, Heartbeat>>();
  let refused: Error | undefined;
  nc.subscribe("tl.*.hb.>", {
    callback: (error, message) => {
      if (error !== null) refused = error;
      const parsed = error === null ? heartbeatSchema.safeParse(jsonOf(message.data)) : undefined;
      if (!parsed?.success) return;
      const { role, module, instance } = parsed.data;
      const run = message.subject.split(".")[1];
      const members = heard.get(run) ?? new Map<string, Heartbeat>();
      heard.set(run, members.set(`${role} ${module} ${instance}`, parsed.data));
    },
  });
  await new Promise((done) => setTimeout(done, ms));
  await nc.close();
  if (refused !== undefined) throw brokerError(address.servers, refused);
  return new Map([...heard].map(([run, members]) => [run, [...members.values()]]));
}
