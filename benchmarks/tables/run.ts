/**
 * @file npm run bench:tables [-- NAME...]: the tables of the JTR paper at reduced scale, one suite file each
 * in this folder; all of them without names. Results, failed runs included, land in
 * benchmarks/results/tables/NAME.json and NAME.md. What is finished is not repeated. Real images are looked
 * for in TASKLOOM_REAL_DATA, or in ../shared/data beside the repository; a suite that needs them is left out
 * without.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parse } from "yaml";
import { measureSuite, scratchFolder } from "../lib/suite.js";

const SUITES = "benchmarks/tables";
const OUT = "benchmarks/results/tables";
/** Stands in suite files for the folder of real images. */
const PLACEHOLDER = "REAL_DATA";
const DATA = resolve(process.env.TASKLOOM_REAL_DATA ?? "../shared/data");

const log = (text: string) => process.stderr.write(`${text}\n`);

/** Copies what a suite gave, with the suite itself: a table says little without its scale. */
function keepResults(folder: string, name: string, suite: string): void {
  const [json, markdown] = ["json", "md"].map((kind) => join(folder, `results.${kind}`));
  if (!existsSync(json)) return;
  mkdirSync(OUT, { recursive: true });
  const results = JSON.parse(readFileSync(json, "utf8")) as object;
  const definition = parse(suite) as object;
  writeFileSync(join(OUT, `${name}.json`), `${JSON.stringify({ ...results, definition }, null, 2)}\n`);
  const table = readFileSync(markdown, "utf8").trimEnd();
  const command = `npm run bench:tables -- ${name}`;
  writeFileSync(
    join(OUT, `${name}.md`),
    `${table}\n\nMade by \`${command}\` from:\n\n\`\`\`yaml\n${suite.trimEnd()}\n\`\`\`\n`,
  );
}

/**
 * Runs a suite and copies what it gave, also where some of its runs failed. Returns whether all went well.
 */
async function table(name: string): Promise<boolean> {
  const text = readFileSync(join(SUITES, `${name}.yaml`), "utf8");
  if (text.includes(`"${PLACEHOLDER}`) && !existsSync(DATA)) {
    log(`${name}: left out, no images at ${DATA}. Name their folder in TASKLOOM_REAL_DATA.`);
    return true;
  }
  const folder = scratchFolder("tables");
  const failure = await measureSuite(folder, name, parse(text.replaceAll(PLACEHOLDER, DATA))).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure !== undefined) log(String(failure));
  keepResults(join(folder, name), name, text);
  return failure === undefined;
}

const all = readdirSync(SUITES).flatMap((file) => (file.endsWith(".yaml") ? [basename(file, ".yaml")] : []));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  log(`bench:tables: no table ${unknown.join(", ")}; there are ${all.join(", ")}`);
  process.exit(1);
}
let fine = true;
for (const name of wanted.length > 0 ? wanted : all) fine = (await table(name)) && fine;
process.exit(fine ? 0 : 1);
