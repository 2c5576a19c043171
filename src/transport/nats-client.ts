/** @file Connecting to a NATS broker; its client is an optional dependency. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import { UserError } from "../common/errors.js";
import { fileError } from "../disk/files.js";
import type { BusAddress } from "./address.js";

type NatsAddress = Extract<BusAddress, { kind: "nats" }>;

/** The client's packages. */
export interface NatsPackages {
  readonly core: typeof import("@nats-io/transport-node");
  readonly jetstream: typeof import("@nats-io/jetstream");
  readonly kv: typeof import("@nats-io/kv");
  readonly obj: typeof import("@nats-io/obj");
}

/** Loads the client. Throws UserError `bus.no-client` where it is not installed. */
export async function natsPackages(): Promise<NatsPackages> {
  try {
    const [core, jetstream, kv, obj] = await Promise.all([
      import("@nats-io/transport-node"),
      import("@nats-io/jetstream"),
      import("@nats-io/kv"),
      import("@nats-io/obj"),
    ]);
    return { core, jetstream, kv, obj };
  } catch (cause) {
    throw new UserError(
      {
        code: "bus.no-client",
        where: "--bus",
        what: "the client of the NATS broker is not installed",
        fix: "Run `npm install @nats-io/transport-node@~3.3.1 @nats-io/jetstream@~3.3.1 @nats-io/kv@~3.3.1 @nats-io/obj@~3.3.1`.",
      },
      { cause },
    );
  }
}

async function secrets({ core }: NatsPackages, folder: string) {
  const read = async (name: string) => {
    try {
      return await readFile(join(folder, name));
    } catch (error) {
      throw fileError(error, join(folder, name), "read");
    }
  };
  const [ca, cert, key] = await Promise.all(["ca.pem", "cert.pem", "key.pem"].map(read));
  const seed = new TextEncoder().encode((await read("user.nk")).toString("utf8").trim());
  const tls = { ca: ca.toString(), cert: cert.toString(), key: key.toString() };
  return { tls, authenticator: core.nkeyAuthenticator(seed) };
}

/**
 * Connects to a broker; lost connections are taken up again for ever. `inbox` is the prefix that replies to
 * this process come under. Throws UserError where the broker is not there or refuses.
 */
export async function connectNats(
  packages: NatsPackages,
  { servers, credentials }: NatsAddress,
  inbox: string,
): Promise<NatsConnection> {
  const secured = credentials === undefined ? {} : await secrets(packages, credentials);
  const nc = await connected(packages, servers, secured, inbox);
  if (replicasOn(servers) > 1 && nc.info?.cluster === undefined) {
    await nc.close();
    throw new UserError({
      code: "bus.no-cluster",
      where: servers.join(", "),
      what: "several brokers are given, and the one that answers belongs to no cluster",
      fix: "Give one broker, or start them as a cluster: `examples/cluster/broker-cluster.conf` has the lines.",
    });
  }
  return nc;
}

/** How often what a collective stores is held: on three brokers, each has it. */
export function replicasOn(servers: readonly string[]): 1 | 3 {
  return servers.length < 3 ? 1 : 3;
}

async function connected(
  { core }: NatsPackages,
  servers: readonly string[],
  secured: Partial<Awaited<ReturnType<typeof secrets>>>,
  inbox: string,
): Promise<NatsConnection> {
  try {
    return await core.connect({
      servers: [...servers],
      ...secured,
      inboxPrefix: inbox,
      name: inbox.replace(/^_INBOX\./, "taskloom "),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 200,
      reconnectJitter: 100,
      reconnectJitterTLS: 100,
      pingInterval: 2000,
      maxPingOut: 2,
      timeout: 10_000,
    });
  } catch (cause) {
    throw brokerError(servers, cause as Error);
  }
}

/** What a person can mend where a broker does not answer, or refuses. */
export function brokerError(servers: readonly string[], cause: Error): UserError {
  const { message } = cause;
  const refused = /authoriz|authentic|nonce|certificate|tls|ssl|permission/i.test(message);
  return new UserError(
    {
      code: refused ? "bus.refused" : "bus.unreachable",
      where: servers.join(", "),
      what: refused ? `the broker refuses: ${message}` : `no broker answers: ${message}`,
      fix: refused
        ? "Check --credentials: the folder of the role, made for this broker."
        : "Start one (`nats-server -js`), or check the address, and with TLS the certificates.",
    },
    { cause },
  );
}

/** How long what is on its way may take when a process leaves, milliseconds. */
const LEAVE_MS = 2000;

/** Sends what is on its way, and leaves; also where the broker has gone before. */
export async function leaveNats(nc: NatsConnection): Promise<void> {
  const late = new Promise<void>((done) => setTimeout(done, LEAVE_MS).unref());
  await Promise.race([nc.drain().catch(() => undefined), late]);
  await nc.close();
}
