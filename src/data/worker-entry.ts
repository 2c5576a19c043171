/** @file Where the code of a worker thread lies. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The address of a worker's compiled module: `relative` (such as `./loader-worker.js`) beside the module
 * whose `import.meta.url` is given. Threads run JavaScript only, so from TypeScript source (tests, scripts)
 * the build in `dist/` is taken; an Error says so where there is none.
 */
export function workerEntry(metaUrl: string, relative: string): URL {
  const beside = new URL(relative, metaUrl);
  if (!new URL(metaUrl).pathname.endsWith(".ts")) return beside;
  const at = beside.href.lastIndexOf("/src/");
  const built = new URL(`${beside.href.slice(0, at)}/dist/${beside.href.slice(at + "/src/".length)}`);
  if (existsSync(fileURLToPath(built))) return built;
  throw new Error(`${fileURLToPath(built)} does not exist: build first (npm run build)`);
}
