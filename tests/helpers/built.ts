/**
 * @file Worker threads run compiled code: tests that start them build it first where it is missing or old.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return Math.max(...files.map((file) => statSync(`${folder}/${file}`).mtimeMs));
}

/**
 * Makes sure that `dist/` has the compiled `module` (such as `data/loader-worker.js`), no older than the
 * sources of its folder.
 */
export function ensureBuilt(module: string): void {
  const file = `${ROOT}dist/${module}`;
  const sources = ["common", "tasks", module.split("/")[0]].map((folder) => newest(`${ROOT}src/${folder}`));
  if (existsSync(file) && statSync(file).mtimeMs >= Math.max(...sources)) return;
  const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
  // A type error elsewhere does not keep the modules from being written; the type check is its own command.
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (!existsSync(file)) throw new Error(`the build did not write ${file}:\n${stdout}`);
}
