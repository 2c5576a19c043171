/** @file Suites: methods x settings x networks x seeds, trained, measured and compared. */
export { type BenchOptions, type BenchOutcome, type DryRun, planSuite, runSuite } from "./bench.js";
export { expandSuite, type PlannedRun } from "./expand.js";
export { runSuiteRemotely } from "./remote/coordinator.js";
export { workOnSuites } from "./remote/worker.js";
export { type BenchResults, type ResultRow, resultsText, type SummaryRow } from "./results.js";
export { deviation, mean, type Spread, spread } from "./statistics.js";
export { parseSuite, readSuite, type Suite } from "./suite.js";
