/** @file A station in a thread of its own: heartbeats and replies do not wait for computations. */
import { MessageChannel, type Transferable, Worker } from "node:worker_threads";
import { workerEntry } from "../data/worker-entry.js";
import type { BusAddress } from "./address.js";
import type { Station, StationOptions, StationOwner } from "./station.js";
import { STATION_METHODS } from "./station-methods.js";
import { threadCalls } from "./thread-call.js";

/** What can be asked of a station, in whatever thread it runs. */
export type StationLink = Pick<Station, (typeof STATION_METHODS)[number] | "close">;

/** Opens a station on a bus. Throws UserError where the bus cannot be reached. */
export async function openStation(
  address: BusAddress,
  options: StationOptions,
  owner: StationOwner,
): Promise<StationLink> {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(workerEntry(import.meta.url, "./station-thread.js"), {
    workerData: { port: port2, address, options },
    transferList: [port2 as unknown as Transferable],
    execArgv: [],
  });
  const caller = threadCalls(port1, {
    compute: owner.compute,
    adopt: owner.adopt,
    lost: owner.lost,
    note: owner.note,
  } as never);
  let closing = false;
  const ended = new Promise<void>((done) => {
    worker.once("error", (error) => caller.end(error as Error));
    worker.once("exit", () => {
      caller.end(new Error("the thread of the bus has ended"));
      port1.close();
      if (!closing) owner.lost("nobody: the thread of the bus has ended");
      done();
    });
  });
  const link =
    <K extends keyof StationLink>(method: K) =>
    (...args: unknown[]) =>
      caller.call(method, ...args);
  const close = async () => {
    if (closing) return;
    closing = true;
    await caller.call("close").catch(() => undefined);
    await ended;
  };
  try {
    await caller.call("open");
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...Object.fromEntries(STATION_METHODS.map((name) => [name, link(name)])),
    close,
  } as unknown as StationLink;
}
