// `npm test [-- FILE...]`: installs what is missing, builds, checks, tests, and ends with the line "N passed,
// N failed". With arguments, which vitest gets, the checks are left out.
import { build, install, passed } from "./lib/setup.mjs";
import { checksAsRun, close, runTests } from "./lib/tests.mjs";

const start = Date.now();
install();
build();
const args = process.argv.slice(2);
const failedChecks = args.length > 0 ? [] : (await import("./check.mjs")).check();
const runs = [runTests(args), checksAsRun(failedChecks)];
console.log(`In all ${passed(start)}.`);
close(runs);
