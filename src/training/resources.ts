/** @file What a run took: `resources.json` in its folder. */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { SkipLog } from "../data/sound-samples.js";
import { fileError, replaceFile } from "../disk/files.js";
import { sizeOf } from "../graph/tensor.js";
import type { ModuleSet } from "../nn/module.js";

const count = z.int().nonnegative();
const resourcesSchema = z.object({
  /**
   * Largest resident set of the training process, bytes; of the largest session where the run was
   * interrupted.
   */
  peakMemoryBytes: count,
  /**
   * Learned numbers: of the network that is kept, and of helper networks, which are dropped after training.
   */
  parameters: z.object({ network: count, helpers: count }),
  /** Files that could not be used, in this session or an earlier one; left out where there were none. */
  skipped: z
    .array(z.object({ split: z.string(), id: z.string(), task: z.string().nullable(), reason: z.string() }))
    .readonly()
    .optional(),
});

export type Resources = z.infer<typeof resourcesSchema>;

/** Learned numbers of the network that is kept and of what is dropped after training. */
export function countParameters(modules: Pick<ModuleSet, "trained">): Resources["parameters"] {
  const counts = { network: 0, helpers: 0 };
  for (const { module, tensor } of modules.trained()) {
    counts[module.kept ? "network" : "helpers"] += sizeOf(tensor.shape);
  }
  return counts;
}

/** Largest resident set of this process so far, bytes. */
export function peakMemoryBytes(): number {
  try {
    // The kernel counts the parent's memory at the moment of starting this process into ru_maxrss, but not
    // into VmHWM.
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    if (peak !== null) return Number(peak[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

/**
 * Writes what the run took so far; a peak of an earlier session stays where it was higher, files that it
 * skipped stay named. A damaged file is replaced: a finished training does not fail for it.
 * @throws UserError where the file cannot be written.
 */
export async function writeResources(path: string, now: Resources): Promise<void> {
  const earlier = earlierResources(path);
  const skipped = new SkipLog();
  for (const each of [earlier?.skipped, now.skipped]) skipped.add(each ?? []);
  const resources: Resources = {
    ...now,
    peakMemoryBytes: Math.max(earlier?.peakMemoryBytes ?? 0, now.peakMemoryBytes),
    ...(skipped.all.length > 0 && { skipped: skipped.all }),
  };
  await replaceFile(path, `${JSON.stringify(resources, null, 2)}\n`);
}

function earlierResources(path: string): Resources | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return readResources(path);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Reads `resources.json`. Throws UserError where it is missing or holds something else. */
export function readResources(path: string): Resources {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw fileError(error, path, "read");
  }
  try {
    return resourcesSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(
      {
        code: "resources.damaged",
        where: path,
        what: "the file does not say what a run took",
        fix: "Delete it and go on with the run by --resume: it is written again.",
      },
      { cause },
    );
  }
}
