/** @file Where a bus is: a broker's address, or a folder of this machine. */
import { isIP } from "node:net";
import { resolve } from "node:path";
import { UserError } from "../common/errors.js";

/** A bus as plain data, which threads and child processes are told. */
export type BusAddress =
  | { readonly kind: "local"; readonly folder: string }
  | {
      readonly kind: "nats";
      readonly servers: readonly string[];
      /** Folder with `ca.pem`, `cert.pem`, `key.pem` and `user.nk`. */
      readonly credentials?: string;
    };

export interface AddressOptions {
  /** Folder of a role's certificates and key. */
  readonly credentials?: string;
  /** Allows what is not encrypted also beyond this machine. */
  readonly insecure?: boolean;
}

/** Whether an address is of this machine alone. */
function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

/**
 * Reads `nats://HOST:PORT` (several with commas between them) or `local:FOLDER`. Throws UserError where it is
 * neither, or a machine beyond this one is to be reached without credentials.
 */
export function parseBusAddress(
  text: string,
  { credentials, insecure = false }: AddressOptions = {},
): BusAddress {
  if (text.startsWith("local:") && text.length > "local:".length) {
    return { kind: "local", folder: resolve(text.slice("local:".length)) };
  }
  const servers = text.split(",").map((each) => each.trim());
  for (const server of servers) {
    const url = URL.canParse(server) ? new URL(server) : undefined;
    if (url === undefined || !["nats:", "tls:"].includes(url.protocol) || url.hostname === "") {
      throw new UserError({
        code: "bus.address",
        where: "--bus",
        what: "this is no address of a bus",
        expected: "nats://HOST:PORT",
        got: text,
      });
    }
    if (url.username !== "" || url.password !== "") {
      throw new UserError({
        code: "bus.secret-in-address",
        where: "--bus",
        what: "names and passwords in an address end up in logs and lists of processes",
        fix: "Give credentials as a folder: `--credentials DIR`, made by `taskloom collective init-security`.",
      });
    }
    if (!isLoopback(url.hostname) && credentials === undefined && !insecure) {
      throw new UserError({
        code: "bus.insecure",
        where: "--bus",
        what: `${url.hostname} is another machine: it is reached with credentials and encrypted, or not at all`,
        fix: "Make them by `taskloom collective init-security DIR` and give `--credentials DIR/<role>`; in a network that you trust, add `--insecure`.",
      });
    }
  }
  return { kind: "nats", servers, ...(credentials !== undefined && { credentials: resolve(credentials) }) };
}
