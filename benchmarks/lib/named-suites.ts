/**
 * @file Benchmarks that are a folder of suite files: which of them the command line names, and where real
 * images stand for them, in TASKLOOM_REAL_DATA or in ../shared/data beside the repository.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";

/** Stands in suite files for the folder of real images. */
const PLACEHOLDER = "REAL_DATA";
const DATA = resolve(process.env.TASKLOOM_REAL_DATA ?? "../shared/data");

export const log = (text: string) => process.stderr.write(`${text}\n`);

/**
 * Makes the table of each suite file in `folder` that the command line names, of all without names, and ends
 * the process: with 1 where one failed or there is none of that name. `table` gets a suite's text as it is
 * written and with the folder of real images in it; suites that need images that are not there are left out.
 */
export async function makeTables(
  command: string,
  folder: string,
  table: (name: string, text: string, filled: string) => Promise<boolean>,
): Promise<never> {
  const all = readdirSync(folder).flatMap((file) =>
    file.endsWith(".yaml") ? [basename(file, ".yaml")] : [],
  );
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    log(`${command}: no table ${unknown.join(", ")}; there are ${all.join(", ")}`);
    process.exit(1);
  }
  let fine = true;
  for (const name of wanted.length > 0 ? wanted : all) {
    const text = readFileSync(join(folder, `${name}.yaml`), "utf8");
    if (text.includes(`"${PLACEHOLDER}`) && !existsSync(DATA)) {
      log(`${name}: left out, no images at ${DATA}. Name their folder in TASKLOOM_REAL_DATA.`);
    } else fine = (await table(name, text, text.replaceAll(PLACEHOLDER, DATA))) && fine;
  }
  process.exit(fine ? 0 : 1);
}

/** What ends a table in Markdown: the command and the suite that it was made from. */
export function madeFrom(command: string, name: string, text: string): string {
  return `Made by \`npm run ${command} -- ${name}\` from:\n\n\`\`\`yaml\n${text.trimEnd()}\n\`\`\`\n`;
}
