/**
 * @file A benchmark's script as another checkout of this repository has it, to measure a change against what
 * was before it: both in turn, in one sitting.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

export interface OtherCheckout {
  /** The commit that is checked out there. */
  readonly commit: string;
  /** The compiled script. */
  readonly script: string;
}

/**
 * A benchmark's compiled script in another checkout.
 * @param folder the checkout; its benchmarks must be compiled (`npm run bench:NAME` there does that)
 * @param name the script below `build/benchmarks`, as `speed/ours.js`
 * @throws Error where it is not there
 */
export function otherCheckout(folder: string, name: string): OtherCheckout {
  const script = join(folder, "build/benchmarks", name);
  if (!existsSync(script)) {
    throw new Error(`--against ${folder}: expected compiled benchmarks, but there is no ${script}`);
  }
  const commit = execFileSync("git", ["-C", folder, "rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  return { commit, script };
}
