/**
 * @file The transport between processes of one machine, without a server: HTTP over Unix sockets; heartbeats,
 * keys and snapshots are files of a folder, renamed or linked into place.
 */
import { watch } from "node:fs";
import { link, mkdir, readdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { systemCode } from "../disk/files.js";
import type { Blobs, Bus, FrameHandler, KeyEntry, Keys } from "./bus.js";
import { callSocket, handleRequest } from "./local-http.js";
import { type Heartbeat, heartbeatSchema } from "./messages.js";
import { PeerError } from "./peer-error.js";

/** How often the folder of heartbeats is looked at where the system tells of no change, milliseconds. */
const LOOK_MS = 250;
/** Revisions of a key that are kept. */
const KEPT_REVISIONS = 5;

let temporaries = 0;

/** A name that no other thread of any process has. */
const temporaryName = (path: string): string => `${path}.${process.pid}-${threadId}-${temporaries++}.tmp`;

/** Writes a file under another name first. */
async function place(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = temporaryName(path);
  await writeFile(temporary, content);
  await rename(temporary, path);
}

/** A place on the transport of a folder, which must have a short path: sockets lie in it. */
export async function localBus(folder: string): Promise<Bus> {
  const [beats, keys] = [join(folder, "beats"), join(folder, "keys")];
  for (const path of [beats, keys]) await mkdir(path, { recursive: true });
  const stops = new Set<() => void>();
  const stopping = (stop: () => void) => {
    stops.add(stop);
    return () => void (stops.delete(stop) && stop());
  };
  return {
    keys: localKeys(keys),
    blobs: (module) => localBlobs(join(folder, "blobs", module)),
    beat: (heartbeat) => {
      const { role, module, instance } = heartbeat;
      const path = join(beats, `${role}.${module}.${instance}.json`);
      // The folder is gone once the collective has ended.
      place(path, JSON.stringify(heartbeat)).catch(() => undefined);
    },
    onBeat: (listener) => stopping(watchBeats(beats, listener)),
    serve: async (module, instance, handler) => {
      const address = join(folder, `${module}.${instance}.sock`);
      const stop = stopping(await listen(address, handler));
      return { address, stop };
    },
    call: ({ address, module, instance }, frame, options) => {
      if (address === undefined) throw new PeerError("no-accept", `${module}.${instance} tells no address`);
      return callSocket(address, frame, options);
    },
    close: async () => {
      for (const stop of [...stops]) stop();
    },
  };
}

async function listen(address: string, handler: FrameHandler): Promise<() => void> {
  await unlink(address).catch(() => undefined);
  const server = createServer({ keepAlive: true }, (request, response) => {
    handleRequest(request, response, handler).catch(() => response.destroy());
  });
  await new Promise<void>((done, fail) => server.once("error", fail).listen(address, done));
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

function watchBeats(folder: string, listener: (heartbeat: Heartbeat) => void): () => void {
  const known = new Map<string, number>();
  let [looking, again, stopped] = [false, false, false];
  const look = async (): Promise<void> => {
    again = looking;
    if (looking || stopped) return;
    looking = true;
    for (const name of (await readdir(folder)).filter((each) => each.endsWith(".json"))) {
      const heartbeat = parsed(await readFile(join(folder, name), "utf8").catch(() => ""));
      if (heartbeat === undefined || known.get(name) === heartbeat.beat || stopped) continue;
      known.set(name, heartbeat.beat);
      listener(heartbeat);
    }
    looking = false;
    if (again) attempt();
  };
  const attempt = () => void look().catch(() => (looking = false));
  const watcher = watch(folder, attempt).on("error", () => undefined);
  const timer = setInterval(attempt, LOOK_MS);
  attempt();
  return () => {
    stopped = true;
    watcher.close();
    clearInterval(timer);
  };
}

function parsed(text: string): Heartbeat | undefined {
  try {
    return heartbeatSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** A key is a folder of revisions: linking one into place succeeds once. */
function localKeys(folder: string): Keys {
  const revisions = async (key: string): Promise<number[]> => {
    const names = await readdir(join(folder, key)).catch(() => []);
    return names
      .map(Number)
      .filter(Number.isInteger)
      .sort((a, b) => a - b);
  };
  const get = async (key: string): Promise<KeyEntry | null> => {
    for (let tries = 0; tries < 5; tries++) {
      const revision = (await revisions(key)).at(-1);
      if (revision === undefined) return null;
      const text = await readFile(join(folder, key, String(revision)), "utf8").catch(() => undefined);
      // Else it was removed a moment ago, as there are newer ones.
      if (text !== undefined) return { value: JSON.parse(text), revision };
    }
    throw new PeerError("failed", `${key} changes faster than it can be read`);
  };
  return {
    get,
    put: async (key, value, revision) => {
      await mkdir(join(folder, key), { recursive: true });
      const all = await revisions(key);
      if ((all.at(-1) ?? 0) !== revision) throw new PeerError("conflict", `${key} has changed`);
      const temporary = temporaryName(join(folder, key));
      await writeFile(temporary, JSON.stringify(value));
      try {
        await link(temporary, join(folder, key, String(revision + 1)));
      } catch (cause) {
        if (systemCode(cause) !== "EEXIST") throw cause;
        throw new PeerError("conflict", `${key} has changed`, { cause });
      } finally {
        await unlink(temporary);
      }
      for (const old of all.slice(0, -KEPT_REVISIONS))
        await unlink(join(folder, key, String(old))).catch(() => undefined);
      return revision + 1;
    },
  };
}

function localBlobs(folder: string): Blobs {
  const list = async () => (await readdir(folder).catch(() => [])).filter((name) => !name.endsWith(".tmp"));
  return {
    put: async (name, bytes) => {
      await mkdir(folder, { recursive: true });
      await place(join(folder, name), bytes);
    },
    get: (name) => readFile(join(folder, name)).catch(() => null),
    delete: (name) => unlink(join(folder, name)).catch(() => undefined),
    list,
    tidy: async () => {
      for (const name of await readdir(folder).catch(() => [])) {
        if (name.endsWith(".tmp")) await unlink(join(folder, name)).catch(() => undefined);
      }
    },
  };
}
