/** @file A model with what stands beside it: `model.onnx`, `model.json`, and its card `model.md`. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { UserError } from "../common/errors.js";
import { fileError, replaceFile } from "../disk/files.js";
import { dynamicSize, type SizedModel } from "../graph/dynamic-size.js";
import { int8Precision } from "../graph/int8.js";
import { decodeModel } from "../graph/onnx.js";
import type { RunPaths } from "../runs/run-folder.js";
import { type ExportOptions, exportModel, FEATURES } from "./export.js";
import { checkParity, type ParityReport, parityLines, requireParity } from "./export-check.js";
import { CARD_MARK, modelCard } from "./model-card.js";
import { describeModel } from "./model-description.js";
import { networkOf } from "./parts.js";
import { type Int8Options, openQuantiser, type QuantisedReport, quantisedLines } from "./quantise.js";
import { runConfig } from "./run-files.js";

export interface ExportFilesOptions extends ExportOptions {
  /** Path of the model; the others have its name and endings of their own. */
  readonly out: string;
  /** Whether the model is compared with the run first, and not written where it differs. */
  readonly check?: boolean;
  /** Convolutions in 8 bits, by ranges from images of the run's data. */
  readonly int8?: Int8Options;
  /** One model for images of any height and width that the network takes. */
  readonly dynamic?: boolean;
  /** Messages for people, one a line. */
  readonly log?: (message: string) => void;
}

/** Paths of what was written, and what the comparison found. */
export interface ExportedFiles {
  readonly model: string;
  readonly description: string;
  readonly card: string;
  readonly parity?: ParityReport;
  /** What 8 bits cost, where they were asked for. */
  readonly quantised?: QuantisedReport;
}

/**
 * Writes a run's model with its description and card. Throws UserError, also where a file of another origin
 * stands where description or card belong.
 */
export async function exportFiles(run: RunPaths, options: ExportFilesOptions): Promise<ExportedFiles> {
  const { out, check = false, log = () => undefined } = options;
  const stem = out.replace(/\.onnx$/i, "");
  const [description, card] = [`${stem}.json`, `${stem}.md`];
  await requireOurs(description, '"format": "taskloom-model"');
  await requireOurs(card, CARD_MARK);
  const quantiser = options.int8 && (await openQuantiser(run, options, options.int8, log));
  const ranges = quantiser && (await quantiser.ranges(await exportModel(run, options)));
  const modelOf = async (size = options.size) => {
    const plain = await exportModel(run, { ...options, size });
    return ranges === undefined ? plain : int8Precision(plain, ranges);
  };
  const bytes = options.dynamic === true ? await dynamicModel(run, modelOf) : await modelOf();
  const quantised = await quantiser?.report();
  const checked = { ...options, quantised: quantised !== undefined };
  const parity = check ? await checkParity(run, bytes, checked) : undefined;
  if (parity !== undefined) requireParity(parity, out);
  const described = await describeModel(run, out, {
    ...options,
    quantised,
    featureShape: featureShape(bytes),
  });
  await replaceFile(out, bytes);
  await replaceFile(description, `${JSON.stringify(described, null, 2)}\n`);
  const notes = [
    ...(quantised === undefined ? [] : quantisedLines(quantised)),
    ...(parity === undefined ? [] : parityLines(parity)),
  ];
  await replaceFile(card, modelCard(described, notes));
  return { model: out, description, card, ...(parity && { parity }), ...(quantised && { quantised }) };
}

/** Sides of the features at the size of training; 0 where they follow the image's. */
function featureShape(bytes: Uint8Array): readonly number[] | undefined {
  const type = decodeModel(bytes).graph!.output.find(({ name }) => name === FEATURES)?.type?.value;
  if (type?.case !== "tensorType") return undefined;
  return type.value.shape!.dim.map(({ value }) => (value.case === "dimValue" ? Number(value.value) : 0));
}

/** Multiples of a network's strides that make three sizes: large enough that no map is a single value. */
const SIDES = [
  [5, 7],
  [7, 11],
  [11, 5],
] as const;

async function dynamicModel(
  run: RunPaths,
  modelOf: (size?: readonly [number, number]) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const { sizeMultiple, pillars } = networkOf(await runConfig(run));
  if (pillars !== undefined) {
    throw new UserError({
      code: "export.not-dynamic",
      what: "the network takes points of a grid of one size, no images",
      where: run.folder,
      fix: "Leave out --dynamic.",
    });
  }
  const models: SizedModel[] = [];
  for (const [height, width] of SIDES) {
    const size = [height * sizeMultiple, width * sizeMultiple] as const;
    models.push({ bytes: await modelOf(size), size });
  }
  return dynamicSize(models, await modelOf());
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
