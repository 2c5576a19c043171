// `npm test [-- FILE...]`: installs what is missing, builds, checks, tests, and ends with the line "N passed, N failed". With arguments, which
// vitest gets, the checks are left out.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { build, install, root, runNode, seconds } from "./lib/setup.mjs";

const start = Date.now();
install();
build();
const args = process.argv.slice(2);
const failedChecks = args.length > 0 ? [] : (await import("./check.mjs")).check();

const report = `${root}/node_modules/.cache/tests.json`;
rmSync(report, { force: true });
const status = runNode([
  ...["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json"],
  ...[`--outputFile.json=${report}`, ...args],
]);
if (!existsSync(report)) {
  console.error("The test runner ended without a report.");
  process.exit(status || 1);
}
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
  readFileSync(report, "utf8"),
);

const files = testResults.map(({ name, startTime, endTime, status, assertionResults }) => ({
  name: relative(root, name),
  duration: (endTime - startTime) / 1000,
  // A file that could not be loaded has no tests to fail.
  broken: status === "failed" && assertionResults.every((test) => test.status !== "failed"),
}));
const slowest = files.sort((a, b) => b.duration - a.duration).slice(0, 8);
console.log("Slowest files:");
for (const { name, duration } of slowest) console.log(`${duration.toFixed(1).padStart(7)} s  ${name}`);
const broken = files.filter((file) => file.broken);
for (const { name } of broken) console.log(`FAILED as a whole: ${name}`);
for (const name of failedChecks) console.log(`FAILED check: ${name}`);

const failed = numFailedTests + broken.length + failedChecks.length;
const skipped = numPendingTests + numTodoTests;
console.log(`In all ${seconds(start)}.`);
console.log(`${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : status;
