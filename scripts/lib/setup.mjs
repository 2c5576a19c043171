// What the scripts that a fresh clone runs first have in common. Needs nothing but Node and npm.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
// The CUDA download of onnxruntime-node fails behind proxies; the CPU and WebGPU providers are in the
// package.
const env = { ONNXRUNTIME_NODE_INSTALL: "skip", ...process.env };
const windows = process.platform === "win32";

/** Runs a command in the repository, its output on ours. Returns its exit code. */
export function run(command, args, options = {}) {
  const name = windows && command === "npm" ? "npm.cmd" : command;
  const { status, error } = spawnSync(name, args, {
    cwd: root,
    env,
    stdio: "inherit",
    shell: name.endsWith(".cmd"),
    ...options,
  });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/** Runs Node in the repository. */
export const runNode = (args, options) => run(process.execPath, args, options);

/** How long ago `since` is (of Date.now()): 8.4 s, 3 min 20 s. */
export function passed(since) {
  const seconds = (Date.now() - since) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

const packagesOf = (path) => JSON.parse(readFileSync(path, "utf8")).packages;

/** Whether node_modules holds what package-lock.json asks for. Packages of other platforms may be missing. */
function isInstalled() {
  const record = `${root}/node_modules/.package-lock.json`;
  if (!existsSync(record)) return false;
  const wanted = packagesOf(`${root}/package-lock.json`);
  const found = packagesOf(record);
  const missing = Object.entries(wanted).filter(
    ([path, { version, optional, peer }]) =>
      path !== "" && found[path]?.version !== version && !(path in found ? false : optional || peer),
  );
  // An optional package for npm, but not for us.
  return missing.length === 0 && existsSync(`${root}/node_modules/onnxruntime-node`);
}

/** Installs the dependencies unless they are there. Ends the process where that fails. */
export function install() {
  if (isInstalled()) return;
  const start = Date.now();
  // Not `npm ci`: it refuses a lock file that was written where packages of other platforms were not to be
  // had.
  console.log("Installing dependencies: npm install --no-save");
  if (run("npm", ["install", "--no-save"]) !== 0) process.exit(1);
  console.log(`Installed in ${passed(start)}.`);
}

/** Compiles src/ to dist/. Ends the process where that fails. */
export function build() {
  const start = Date.now();
  if (runNode(["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]) !== 0) {
    console.error("The build failed.");
    process.exit(1);
  }
  console.log(`Built in ${passed(start)}.`);
}
