// `npm run bench:NAME [-- ARGS]`: installs what is missing, compiles the benchmarks, runs benchmarks/NAME/run.ts. Progress goes to stderr, so that
// stdout can be one JSON document.
import { install, root, run, runNode } from "./lib/setup.mjs";

const [name, ...args] = process.argv.slice(2);
const quiet = { stdio: ["inherit", 2, 2] };
install();
if (
  run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "benchmarks/tsconfig.json"], quiet) !== 0
) {
  process.exit(1);
}
process.exit(runNode([`${root}/build/benchmarks/${name}/run.js`, ...args]));
