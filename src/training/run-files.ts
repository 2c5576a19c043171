/**
 * @file What a run writes down once, so that it can be repeated and resumed: its configuration and its
 * labels.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { UserError } from "../common/errors.js";
import { knownTasks } from "../data/derived-tasks.js";
import { loadLabels, saveLabels } from "../data/labels-file.js";
import { TRAIN_SPLIT } from "../data/names.js";
import { availableLabels } from "../data/strip.js";
import type { LabelAssignment } from "../data/types.js";
import { fileError, makeFolder, replaceFile } from "../disk/files.js";
import type { RunPaths } from "../runs/run-folder.js";
import { differences, formatConfig, type RunConfig, readConfig, type SettledConfig } from "./config/index.js";
import { settled } from "./epochs.js";
import type { RunData } from "./run-data.js";
import { runLabels } from "./run-data.js";

/** Reads a run's `config.resolved.yaml`. Throws UserError. */
export async function runConfig({ config }: Pick<RunPaths, "config">): Promise<RunConfig> {
  try {
    return await readConfig(config);
  } catch (error) {
    throw fileError(error, config, "read");
  }
}

/**
 * Fills in what only the data could tell, and writes `config.resolved.yaml`; in a run that is resumed, makes
 * sure that it is the same run.
 * @throws UserError `config.changed` naming the keys that differ.
 */
export async function settleConfig(run: RunPaths, config: RunConfig, data: RunData): Promise<SettledConfig> {
  const drawn = async () => (await keptLabels(run, data)) ?? runLabels(config, data);
  const now = await settled(config, data, drawn);
  if (existsSync(run.config)) {
    const changed = differences(await runConfig(run), now);
    if (changed.length > 0) {
      throw new UserError({
        code: "config.changed",
        where: run.folder,
        what: `the configuration differs from the one this run was started with in ${changed.join(", ")}`,
        fix: `Resume with ${run.config}, or start a new run by --run.`,
      });
    }
  }
  await replaceFile(run.config, formatConfig({ ...now, plugins: await keepPlugins(run, now) }));
  return now;
}

/**
 * Copies the plugins into the run's folder, so that it needs no other file; returns their paths relative to
 * it.
 */
async function keepPlugins(run: RunPaths, { plugins }: RunConfig): Promise<string[]> {
  if (plugins.length > 0) await makeFolder(run.plugins);
  return Promise.all(
    plugins.map(async (path, i) => {
      // Two of one name can come from two folders.
      const name = `${i}-${basename(path).replace(/^\d+-/, "")}`;
      await replaceFile(join(run.plugins, name), await readFile(path));
      return `${basename(run.plugins)}/${name}`;
    }),
  );
}

/** What the run's `labels.json` says, where it has been written. */
async function keptLabels(
  { labels }: RunPaths,
  { dataset }: RunData,
  note?: (message: string) => void,
): Promise<LabelAssignment | undefined> {
  if (!existsSync(labels)) return undefined;
  const available = await availableLabels(dataset, TRAIN_SPLIT);
  return loadLabels(labels, available, Object.keys(knownTasks(dataset.info)), { note });
}

/**
 * The labels the run sees: read from `labels.json` where it has been written, else drawn and written. A run
 * that learns from none (`learns` false) sees none, and its data may have none.
 */
export async function settleLabels(
  run: RunPaths,
  config: RunConfig,
  data: RunData,
  log: (message: string) => void = () => undefined,
  learns = true,
): Promise<LabelAssignment> {
  const kept = await keptLabels(run, data, log);
  if (kept !== undefined) return kept;
  const ids = data.dataset.info.splits[TRAIN_SPLIT];
  const labels = learns ? await runLabels(config, data) : Object.fromEntries(ids.map((id) => [id, []]));
  await saveLabels(run.labels, labels, {
    dataset: data.dataset.info.name,
    split: TRAIN_SPLIT,
    ...config.labels,
  });
  return labels;
}
