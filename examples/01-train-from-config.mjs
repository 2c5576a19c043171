// Trains as a configuration says: node examples/01-train-from-config.mjs [RUN-FOLDER]
// A quarter of a minute on two cores.
import { fileURLToPath } from "node:url";
import { findRun, readConfig, readMetrics, train, writeRunReport } from "taskloom";

const folder = process.argv[2] ?? "runs/example";
const config = await readConfig(fileURLToPath(new URL("config.yaml", import.meta.url)), []);
const { tasks } = await train({ config, folder, log: console.log });

const steps = readMetrics(findRun(folder).metrics).filter((record) => record.kind === "step");
console.log(`loss ${steps[0].losses.total.toFixed(3)} -> ${steps.at(-1).losses.total.toFixed(3)}`);
const report = await writeRunReport(folder, tasks);
console.log(report.table, report.path);
