// `npm run bench:NAME [-- ARGS]`: installs what is missing, compiles the program and the benchmarks, runs
// benchmarks/NAME/run.ts. Progress goes to stderr, so that stdout can be one JSON document.
import { install, root, runNode } from "./lib/setup.mjs";

const [name, ...args] = process.argv.slice(2);
install();
for (const project of ["tsconfig.build.json", "benchmarks/tsconfig.json"]) {
  const status = runNode(["node_modules/typescript/bin/tsc", "-p", project], { stdio: ["inherit", 2, 2] });
  if (status !== 0) process.exit(1);
}
process.exit(runNode([`${root}/build/benchmarks/${name}/run.js`, ...args]));
