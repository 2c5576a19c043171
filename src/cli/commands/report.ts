/** @file `taskloom report` */
import { Command } from "commander";
import { print } from "../output.js";

const AFTER = `
Of one run it writes the report into the run's folder (or --out), at any time, also while the run trains.
Of several it writes one page: their numbers with the relative change against the first, their curves and
the same images side by side.

Examples:
  $ taskloom report runs/first
  $ taskloom report runs/supervised runs/jtr --out compare.html
`;

export function reportCommand(): Command {
  return new Command("report")
    .description("write the report of a run, or a page that compares several")
    .argument("<runs...>", "run folders; others are compared with the first")
    .option("--out <file>", "page to write (default: report.html in the run, or compare.html here)")
    .addHelpText("after", AFTER)
    .action(reportAction);
}

async function reportAction(folders: readonly string[], { out }: { readonly out?: string }): Promise<void> {
  const { findRun, keptData } = await import("../../training/index.js");
  const { writeComparison, writeRunReport } = await import("../../report/index.js");
  const report =
    folders.length === 1
      ? await writeRunReport(folders[0], (await keptData(findRun(folders[0]))).tasks, [], out)
      : await writeComparison(folders, out ?? "compare.html");
  print(`${report.table}\n${report.path}`);
}
