/** @file The transport within one process: direct calls. */
import type { Blobs, Bus, FrameHandler, KeyEntry, Keys } from "./bus.js";
import type { Heartbeat } from "./messages.js";
import { PeerError } from "./peer-error.js";

/** What all places of a memory transport share. */
export class MemoryHub {
  readonly keys = new Map<string, KeyEntry>();
  readonly blobs = new Map<string, Map<string, Uint8Array>>();
  readonly servers = new Map<string, FrameHandler>();
  readonly listeners = new Set<(heartbeat: Heartbeat) => void>();
}

const serverKey = (module: string, instance: string): string => `${module}.${instance}`;

/** A place on a memory transport. */
export function memoryBus(hub: MemoryHub): Bus {
  const stops = new Set<() => void>();
  const stopping = (stop: () => void) => {
    stops.add(stop);
    return () => {
      stops.delete(stop);
      stop();
    };
  };
  return {
    keys: memoryKeys(hub),
    blobs: (module) => memoryBlobs(hub, module),
    beat: (heartbeat) => {
      for (const listener of hub.listeners)
        queueMicrotask(() => hub.listeners.has(listener) && listener(heartbeat));
    },
    onBeat: (listener) => {
      hub.listeners.add(listener);
      return stopping(() => hub.listeners.delete(listener));
    },
    serve: async (module, instance, handler) => {
      const key = serverKey(module, instance);
      hub.servers.set(key, handler);
      return { stop: stopping(() => hub.servers.delete(key)) };
    },
    call: async ({ module, instance }, frame, { signal, heard }) => {
      const handler = hub.servers.get(serverKey(module, instance));
      if (handler === undefined) throw new PeerError("no-accept", `${module}.${instance} is not there`);
      signal.throwIfAborted();
      const aborted = new Promise<never>((_, fail) => {
        signal.addEventListener("abort", () => fail(signal.reason), { once: true });
      });
      // Bytes are copied as on a wire: nobody sees another's memory.
      const reply = handler(frame.slice(), { accept: heard });
      return (await Promise.race([reply, aborted])).slice();
    },
    close: async () => {
      for (const stop of stops) stop();
    },
  };
}

function memoryKeys({ keys }: MemoryHub): Keys {
  return {
    get: async (key) => structuredClone(keys.get(key) ?? null),
    put: async (key, value, revision) => {
      const before = keys.get(key)?.revision ?? 0;
      if (before !== revision) throw new PeerError("conflict", `${key} has changed`);
      keys.set(key, { value: structuredClone(value), revision: before + 1 });
      return before + 1;
    },
  };
}

function memoryBlobs({ blobs }: MemoryHub, module: string): Blobs {
  const own = blobs.get(module) ?? new Map<string, Uint8Array>();
  blobs.set(module, own);
  return {
    put: async (name, bytes) => void own.set(name, bytes.slice()),
    get: async (name) => own.get(name)?.slice() ?? null,
    delete: async (name) => void own.delete(name),
    list: async () => [...own.keys()],
    tidy: async () => undefined,
  };
}
