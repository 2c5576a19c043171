/** @file A model with what stands beside it: `model.onnx`, `model.json`, and its card `model.md`. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { UserError } from "../common/errors.js";
import { fileError, replaceFile } from "../disk/files.js";
import type { RunPaths } from "../runs/run-folder.js";
import { type ExportOptions, exportModel } from "./export.js";
import { checkParity, type ParityReport, parityLines, requireParity } from "./export-check.js";
import { CARD_MARK, describeModel, modelCard } from "./model-description.js";

export interface ExportFilesOptions extends ExportOptions {
  /** Path of the model; the others have its name and endings of their own. */
  readonly out: string;
  /** Whether the model is compared with the run first, and not written where it differs. */
  readonly check?: boolean;
}

/** Paths of what was written, and what the comparison found. */
export interface ExportedFiles {
  readonly model: string;
  readonly description: string;
  readonly card: string;
  readonly parity?: ParityReport;
}

/**
 * Writes a run's model with its description and card. Throws UserError, also where a file of another origin
 * stands where description or card belong.
 */
export async function exportFiles(run: RunPaths, options: ExportFilesOptions): Promise<ExportedFiles> {
  const { out, check = false } = options;
  const stem = out.replace(/\.onnx$/i, "");
  const [description, card] = [`${stem}.json`, `${stem}.md`];
  await requireOurs(description, '"format": "taskloom-model"');
  await requireOurs(card, CARD_MARK);
  const bytes = await exportModel(run, options);
  const parity = check ? await checkParity(run, bytes, options) : undefined;
  if (parity !== undefined) requireParity(parity, out);
  const described = await describeModel(run, out, options);
  await replaceFile(out, bytes);
  await replaceFile(description, `${JSON.stringify(described, null, 2)}\n`);
  await replaceFile(card, modelCard(described, parity && parityLines(parity)));
  return { model: out, description, card, ...(parity && { parity }) };
}

/** Throws UserError where the file is there and was not written by an export: it may be someone's work. */
async function requireOurs(path: string, mark: string): Promise<void> {
  if (!existsSync(path)) return;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw fileError(error, path, "read");
  }
  if (text.includes(mark)) return;
  throw new UserError({
    code: "export.would-overwrite",
    where: path,
    what: "the model's description belongs here, but the file is none that an export wrote",
    fix: "Move it away, or choose another name for the model.",
  });
}
