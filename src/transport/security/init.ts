/** @file Everything a secured collective needs: certificates, keys and rights by role, the broker's file. */
import { existsSync } from "node:fs";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "../../common/errors.js";
import { makeFolder } from "../../disk/files.js";
import { makeAuthority, makeCertificate } from "./certificates.js";
import { benchRights, observerRights, type Rights, serverRights, trainerRights } from "./rights.js";

export interface SecurityOptions {
  /** Of the collective on the bus. */
  readonly run: string;
  readonly modules: readonly string[];
  /** Names and addresses that the broker is reached by. */
  readonly hosts: readonly string[];
}

/** A role's name, which is its folder's, and its rights. */
export function rolesOf({ run, modules }: Pick<SecurityOptions, "run" | "modules">): Map<string, Rights> {
  return new Map([
    ...modules.map((module) => [`trainer-${module}`, trainerRights(run, module)] as const),
    ...modules.map((module) => [`server-${module}`, serverRights(run, module)] as const),
    ["observer", observerRights()],
    ["bench", benchRights()],
  ]);
}

/**
 * Writes into a new folder: `ca.pem`, `ca.key`; `broker/` with its certificate and `broker.conf`; for
 * each role a folder that `--credentials` takes. Gives the roles. Throws UserError where the folder exists.
 */
export async function initSecurity(folder: string, options: SecurityOptions): Promise<string[]> {
  if (existsSync(folder)) {
    throw new UserError({
      code: "security.exists",
      where: folder,
      what: "the folder is there already, and keys in use must not be overwritten",
      fix: "Name a new folder.",
    });
  }
  const { createUser } = await import("@nats-io/nkeys").catch((cause: unknown) => {
    const fix = "Run `npm install @nats-io/nkeys`.";
    throw new UserError(
      { code: "bus.no-client", where: "@nats-io/nkeys", what: "the package is not installed", fix },
      { cause },
    );
  });
  const broker = join(folder, "broker");
  await makeFolder(broker);
  await makeAuthority(folder);
  await makeCertificate(folder, broker, "broker", options.hosts);
  const users: string[] = [];
  for (const [role, rights] of rolesOf(options)) {
    const own = join(folder, role);
    await makeFolder(own);
    await makeCertificate(folder, own, role, []);
    await copyFile(join(folder, "ca.pem"), join(own, "ca.pem"));
    const user = createUser();
    await writeFile(join(own, "user.nk"), user.getSeed(), { mode: 0o600 });
    users.push(userEntry(user.getPublicKey(), rights));
    for (const left of ["request.pem", "extensions.cnf"]) await rm(join(own, left));
  }
  for (const left of ["request.pem", "extensions.cnf"]) await rm(join(broker, left));
  await writeFile(join(broker, "broker.conf"), brokerFile(resolve(folder), users));
  return [...rolesOf(options).keys()];
}

function userEntry(key: string, { publish, subscribe }: Rights): string {
  const list = (subjects: readonly string[]) => JSON.stringify(subjects);
  const deny = publish.length === 0 ? `{ deny: ">" }` : `{ allow: ${list(publish)} }`;
  return `    { nkey: ${key}, permissions: { publish: ${deny}, subscribe: { allow: ${list(subscribe)} } } }`;
}

function brokerFile(folder: string, users: readonly string[]): string {
  const file = (...parts: string[]) => JSON.stringify(join(folder, ...parts));
  return `# Start it with: nats-server -c ${join(folder, "broker", "broker.conf")}
port: 4222
max_payload: 8MB
max_pending: 256MB
write_deadline: "60s"
ping_interval: "5s"
ping_max: 2
jetstream { store_dir: ${file("broker", "jetstream")} }
tls {
  cert_file: ${file("broker", "cert.pem")}
  key_file: ${file("broker", "key.pem")}
  ca_file: ${file("ca.pem")}
  verify: true
}
authorization {
  users: [
${users.join("\n")}
  ]
}
`;
}
