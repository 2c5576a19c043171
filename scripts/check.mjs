// `npm run check [-- NAME...]`: everything that can be known without running the code. Prints a line a check,
// and what a failing one says.
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { passed, root } from "./lib/setup.mjs";

const tool = (path, ...args) => [`node_modules/${path}`, ...args];
const checks = {
  types: tool("typescript/bin/tsc", "--noEmit", "-p", "tsconfig.json"),
  // Without Node's types: the core has to run in browsers.
  core: tool("typescript/bin/tsc", "--noEmit", "-p", "tsconfig.core.json"),
  lint: tool("@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."),
  layers: ["scripts/check-layers.mjs"],
  comments: ["scripts/check-comments.mjs"],
  unused: tool("knip/bin/knip.js", "--no-progress", "--treat-config-hints-as-errors"),
  package: tool("publint/src/cli.js", "--strict"),
  // That the API reference can be made of the docstrings; `types` has looked at the types.
  docs: tool("typedoc/bin/typedoc", "--emit", "none", "--skipErrorChecking"),
};

/** Runs the named checks, or all. Returns the names of those that failed. */
export function check(names = Object.keys(checks)) {
  return names.filter((name) => {
    if (!(name in checks)) throw new Error(`no check ${name}; there are ${Object.keys(checks).join(", ")}`);
    const start = Date.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, checks[name], {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    console.log(`${status === 0 ? "ok    " : "FAILED"} ${name.padEnd(8)} ${passed(start)}`);
    if (status !== 0) console.log(`${stdout}${stderr}`);
    return status !== 0;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = process.argv.slice(2);
  if (check(names.length > 0 ? names : undefined).length > 0) process.exitCode = 1;
}
