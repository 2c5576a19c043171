import * as promises from "node:fs/promises";
import type { FileSystem } from "../../src/disk/files.js";

/**
 * A disk that takes `capacity` bytes and then answers every write with ENOSPC, after writing what still fits.
 */
export function fullDisk(capacity: number): FileSystem {
  let left = capacity;
  return {
    ...promises,
    open: async (...parameters) => {
      const handle = await promises.open(...parameters);
      return new Proxy(handle, {
        get(target, key) {
          if (key === "write") {
            return async (bytes: Uint8Array, offset: number, length: number, position: number) => {
              const fits = Math.min(length, left);
              left -= fits;
              if (fits === 0) throw systemError("ENOSPC", "write");
              return target.write(bytes, offset, fits, position);
            };
          }
          const value = Reflect.get(target, key) as unknown;
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };
}

/** The real file system, with one call failing. */
export function failing(call: keyof FileSystem, code: string): FileSystem {
  const fail = async (): Promise<never> => {
    throw systemError(code, call);
  };
  return { ...promises, [call]: fail };
}

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${syscall}`), { code, syscall, errno: -1 });
}
