/** @file `taskloom data split` */
import { Command } from "commander";
import { everyTenth, print, printJson, splitShares, wholeNumber } from "../output.js";

interface SplitFlags {
  readonly out: string;
  readonly split?: { readonly train: number; readonly val: number; readonly test: number };
  readonly seed: number;
  readonly json?: boolean;
}

export function splitCommand(): Command {
  return new Command("split")
    .description("share the images of a dataset folder out anew, near-duplicates and video frames together")
    .argument("<dir>", "dataset folder")
    .requiredOption("--out <dir>", "folder to write; files get a second name in it, and take no room twice")
    .option("--split <shares>", "training, validation and test in percent (default: 80,10,10)", splitShares)
    .option("--seed <number>", "another seed gives other splits", wholeNumber(0), 0)
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ taskloom data split photos --out photos-split --split 70,15,15\n")
    .action(async (path: string, { out, split: shares, seed, json }: SplitFlags) => {
      const { resplitDataset } = await import("../../data/index.js");
      const steps: Record<string, (done: number, total: number) => void> = {};
      const { splits, remarks } = await resplitDataset({
        ...{ path, out, shares, seed },
        onProgress: (what, done, total) => {
          steps[what] ??= everyTenth(what);
          steps[what](done, total);
        },
      });
      if (json) return printJson({ path: out, splits, remarks });
      const counts = Object.entries(splits).map(([name, count]) => `${name} ${count}`);
      print([`${out}: ${counts.join(", ")}`, ...remarks.map((remark) => `- ${remark}`)].join("\n"));
    });
}
