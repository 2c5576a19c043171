/**
 * @file npm run bench:tables [-- NAME...]: the tables of the JTR paper at reduced scale, one suite file each
 * in this folder; all of them without names. Results, failed runs included, land in
 * benchmarks/results/tables/NAME.json and NAME.md. What is finished is not repeated. Real images are looked
 * for in TASKLOOM_REAL_DATA, or in ../shared/data beside the repository; a suite that needs them is left out
 * without.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { log, madeFrom, makeTables } from "../lib/named-suites.js";
import { measureSuite, scratchFolder } from "../lib/suite.js";

const SUITES = "benchmarks/tables";
const COMMAND = "bench:tables";
const OUT = "benchmarks/results/tables";

/** Copies what a suite gave, with the suite itself: a table says little without its scale. */
function keepResults(folder: string, name: string, suite: string): void {
  const [json, markdown] = ["json", "md"].map((kind) => join(folder, `results.${kind}`));
  if (!existsSync(json)) return;
  mkdirSync(OUT, { recursive: true });
  const results = JSON.parse(readFileSync(json, "utf8")) as object;
  const definition = parse(suite) as object;
  writeFileSync(join(OUT, `${name}.json`), `${JSON.stringify({ ...results, definition }, null, 2)}\n`);
  const table = readFileSync(markdown, "utf8").trimEnd();
  writeFileSync(join(OUT, `${name}.md`), `${table}\n\n${madeFrom(COMMAND, name, suite)}`);
}

/**
 * Runs a suite and copies what it gave, also where some of its runs failed. Returns whether all went well.
 */
async function table(name: string, text: string, filled: string): Promise<boolean> {
  const folder = scratchFolder("tables");
  const failure = await measureSuite(folder, name, parse(filled)).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure !== undefined) log(String(failure));
  keepResults(join(folder, name), name, text);
  return failure === undefined;
}

await makeTables(COMMAND, SUITES, table);
