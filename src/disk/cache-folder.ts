/** @file Where Taskloom keeps what it can make or fetch again. */
import { homedir } from "node:os";
import { join } from "node:path";

/** `TASKLOOM_CACHE`, or `taskloom` in the user's cache folder. */
export function cacheFolder(): string {
  const { TASKLOOM_CACHE, XDG_CACHE_HOME } = process.env;
  return TASKLOOM_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "taskloom");
}
