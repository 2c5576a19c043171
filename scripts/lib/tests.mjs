// One run of the test suite, or of a part of it.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { root, runNode } from "./setup.mjs";

const report = `${root}/.cache/tests.json`;

/**
 * Runs vitest with the given arguments (files or folders; none for all). Prints the slowest files and those
 * that failed as a whole. Returns the numbers of tests by outcome; a file that could not be loaded counts as
 * one failed test. Ends the process where there is no report.
 */
export function runTests(args, env = {}) {
  rmSync(report, { force: true });
  const status = runNode(
    [
      ...["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json"],
      ...[`--outputFile.json=${report}`, ...args],
    ],
    { env: { ...process.env, ...env } },
  );
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
  const failed = numFailedTests + broken.length;
  // The runner may fail for a reason that is no test's.
  const stray = failed === 0 && status !== 0 ? 1 : 0;
  if (stray > 0) console.log(`FAILED: the test runner ended with ${status}`);
  return { passed: numPassedTests, failed: failed + stray, skipped: numPendingTests + numTodoTests };
}

/** Prints the closing line of several runs and sets the exit code. */
export function close(runs) {
  const sum = (outcome) => runs.reduce((total, run) => total + run[outcome], 0);
  const [passed, failed, skipped] = ["passed", "failed", "skipped"].map(sum);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** A failed test for each failed check. */
export function checksAsRun(failedChecks) {
  for (const name of failedChecks) console.log(`FAILED check: ${name}`);
  return { passed: 0, failed: failedChecks.length, skipped: 0 };
}
