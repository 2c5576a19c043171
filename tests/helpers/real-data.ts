/** @file Where tests find the real data sets, which are not part of the repository. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/**
 * The path of a real data set beside the repository, or undefined (with a line that says so) where it is not
 * there.
 */
export function realData(name: string): string | undefined {
  const path = `${ROOT}${name}`;
  if (existsSync(path)) return path;
  console.warn(`skipped: the real data set ${name} is not at ${path}`);
  return undefined;
}
