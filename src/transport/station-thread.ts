/** @file The thread of a station. */
import { type MessagePort, workerData } from "node:worker_threads";
import type { BusAddress } from "./address.js";
import { openBus, Station, type StationOptions, type StationOwner } from "./station.js";
import { STATION_METHODS } from "./station-methods.js";
import { threadCalls } from "./thread-call.js";

const { port, address, options } = workerData as {
  port: MessagePort;
  address: BusAddress;
  options: StationOptions;
};

let station: Station | undefined;
const there = <K extends keyof Station>(method: K) =>
  ((...args: unknown[]) => (station![method] as (...all: unknown[]) => unknown)(...args)) as never;

const caller = threadCalls(port, {
  open: async () => {
    station = new Station(await openBus(address, options.identity), options, owner);
  },
  ...Object.fromEntries(STATION_METHODS.map((name) => [name, there(name)])),
  close: async () => {
    await station?.close();
    // After the answer has left.
    setImmediate(() => port.close());
  },
});

const owner: StationOwner = {
  compute: (request, tensors) =>
    caller.call("compute", request, tensors) as ReturnType<StationOwner["compute"]>,
  adopt: async (ref, bytes) => void (await caller.call("adopt", ref, bytes)),
  lost: (holder) => void caller.call("lost", holder),
  note: (message) => void caller.call("note", message),
};
