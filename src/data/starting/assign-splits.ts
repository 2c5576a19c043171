/** @file Training, validation and test: which group of images goes where. */
import { Random } from "../../common/random.js";

/** Shares of the images, adding up to 1. */
export interface SplitShares {
  readonly train: number;
  readonly val: number;
  readonly test: number;
}

export type SplitName = keyof SplitShares;
export type AssignedSplits = Readonly<Record<SplitName, readonly string[]>>;

/**
 * Splits of whole groups, drawn by the seed. Groups with the same labels are shared out by themselves, so
 * that each split gets its part of the images with a label; `labelsOf` names the labels that an image has.
 * A split with a share gets one group at least, as long as training keeps one.
 */
export function assignSplits(
  groups: readonly (readonly string[])[],
  labelsOf: (id: string) => readonly string[],
  shares: SplitShares,
  seed = 0,
): AssignedSplits {
  const strata = new Map<string, (readonly string[])[]>();
  for (const group of groups) {
    const labels = [...new Set(group.flatMap((id) => labelsOf(id)))].sort().join(" ");
    strata.set(labels, [...(strata.get(labels) ?? []), group]);
  }
  const assigned: Record<SplitName, (readonly string[])[]> = { train: [], val: [], test: [] };
  const names = Object.keys(assigned) as SplitName[];
  // How many images each split is behind; what rounding leaves passes on to the next stratum.
  const behind: Record<SplitName, number> = { train: 0, val: 0, test: 0 };
  const ordered = [...strata].sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));
  for (const [labels, members] of ordered) {
    const images = members.reduce((sum, group) => sum + group.length, 0);
    for (const name of names) behind[name] += shares[name] * images;
    const drawn = new Random(seed, "splits", labels).shuffle(members);
    // Large groups first, while there is room for them.
    for (const group of drawn.sort((a, b) => b.length - a.length)) {
      const neediest = names.reduce((best, name) => (behind[name] > behind[best] ? name : best));
      assigned[neediest].push(group);
      behind[neediest] -= group.length;
    }
  }
  for (const name of names) {
    if (shares[name] > 0 && assigned[name].length === 0 && assigned.train.length > 1) {
      assigned[name].push(assigned.train.pop()!);
    }
  }
  return { train: assigned.train.flat(), val: assigned.val.flat(), test: assigned.test.flat() };
}
