/** @file Lists by what their entries have in common. */

/** Entries by a key made of parts, in the order in which each key first appears. */
export function groupBy<T>(entries: readonly T[], parts: (entry: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of entries) {
    const key = groupKey(parts(entry));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** The key under which `groupBy` puts entries with these parts. */
export function groupKey(parts: readonly string[]): string {
  return JSON.stringify(parts);
}
