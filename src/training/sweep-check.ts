/** @file What of a run's sweeps is not used, and why, before anything is trained. */
import { spread } from "../data/label-look.js";
import { TRAIN_SPLIT } from "../data/names.js";
import { Surveyed } from "../data/sweeps/survey.js";
import { isSweepDataset } from "../data/sweeps/sweep-dataset.js";
import type { Network } from "../models/network.js";
import type { RunData } from "./run-data.js";

/** Sweeps that are looked at. */
const SWEEPS = 16;

/** Warnings of points and boxes that the network's grid and limits leave out, by some training sweeps. */
export async function checkSweeps({ dataset }: RunData, { pillars }: Network): Promise<string[]> {
  if (pillars === undefined || !isSweepDataset(dataset)) return [];
  const survey = new Surveyed(dataset, pillars);
  for (const id of spread(dataset.info.splits[TRAIN_SPLIT]).slice(0, SWEEPS))
    await survey.add(TRAIN_SPLIT, id);
  return survey.remarks();
}
