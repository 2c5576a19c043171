/** @file A certificate authority and certificates of its own, made by the `openssl` program. */
import { execFile } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../../common/errors.js";

const run = promisify(execFile);
const DAYS = "3650";
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

async function openssl(args: readonly string[]): Promise<void> {
  try {
    await run("openssl", [...args]);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new UserError(
      {
        code: "security.openssl",
        where: "openssl",
        what: missing ? "the program is not there" : `it failed: ${(cause as Error).message}`,
        fix: missing ? "Install it (Debian: `apt-get install openssl`)." : undefined,
      },
      { cause },
    );
  }
}

/** Makes `ca.pem` and `ca.key` in a folder. */
export async function makeAuthority(folder: string): Promise<void> {
  const files = ["-keyout", join(folder, "ca.key"), "-out", join(folder, "ca.pem")];
  const subject = ["-subj", "/CN=Taskloom collective", "-addext", "basicConstraints=critical,CA:TRUE"];
  await openssl(["req", "-x509", ...KEY, "-days", DAYS, ...files, ...subject]);
  await chmod(join(folder, "ca.key"), 0o600);
}

/**
 * Makes `cert.pem` and `key.pem` in a folder, signed by the authority of another; `names` are host names or
 * addresses.
 */
export async function makeCertificate(
  authority: string,
  folder: string,
  title: string,
  names: readonly string[],
): Promise<void> {
  const [request, extensions, key] = ["request.pem", "extensions.cnf", "key.pem"].map((name) =>
    join(folder, name),
  );
  const places = names.map((name) => `${/^[\d.]+$|:/.test(name) ? "IP" : "DNS"}:${name}`);
  const lines = [
    "basicConstraints=CA:FALSE",
    ...(places.length > 0 ? [`subjectAltName=${places.join(",")}`] : []),
  ];
  await writeFile(extensions, `${lines.join("\n")}\n`);
  await openssl(["req", "-new", ...KEY, "-keyout", key, "-out", request, "-subj", `/CN=${title}`]);
  const signer = ["-CA", join(authority, "ca.pem"), "-CAkey", join(authority, "ca.key"), "-CAcreateserial"];
  const files = ["-in", request, "-out", join(folder, "cert.pem"), "-extfile", extensions];
  await openssl(["x509", "-req", ...files, ...signer, "-days", DAYS]);
  await chmod(key, 0o600);
}
