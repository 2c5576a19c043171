// What `.ci/run` runs: the checks, every test as this CPU runs it, and what depends on the engine once more
// as other kinds of CPU would (tests/block-size-setup.ts). Ends with one line "N passed, N failed" over all
// of them.
import { existsSync } from "node:fs";
import { check } from "./check.mjs";
import { build, install, passed, root } from "./lib/setup.mjs";
import { checksAsRun, close, runTests } from "./lib/tests.mjs";

/**
 * Tests of what is spelled differently for convolution kernels with other blocks, and of training on top of
 * it.
 */
const ENGINE_TESTS = [
  "tests/graph",
  "tests/runtime",
  "tests/nn",
  "tests/models/spellings.test.ts",
  "tests/training/train.test.ts",
];

const start = Date.now();
install();
build();
const missing = ENGINE_TESTS.filter((path) => !existsSync(`${root}/${path}`));
if (missing.length > 0) throw new Error(`scripts/ci.mjs names tests that are not there: ${missing}`);
const { nodeEngine } = await import("../dist/runtime/index.js");
const own = (await nodeEngine()).target.blockSize;

const runs = [checksAsRun(check()), runTests([])];
const told = [`blocks of ${own} channels, this CPU's own: every test`];
for (const size of [0, 8, 16].filter((size) => size !== own)) {
  console.log(`\nThe engine's tests with convolution blocks of ${size} channels:`);
  runs.push(runTests(ENGINE_TESTS, { TASKLOOM_TEST_BLOCK_SIZE: String(size) }));
  const how = size === 0 ? "no blocked kernels" : "plain nodes in place of kernels that this CPU cannot run";
  told.push(`blocks of ${size} channels: the engine's tests, with ${how}`);
}
console.log("\nRun with convolution");
for (const line of told) console.log(`- ${line}`);
console.log(`In all ${passed(start)}.`);
close(runs);
