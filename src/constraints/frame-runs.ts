/** @file Which frames are seen together. */

/**
 * The frames that a network of `taken` frames sees to predict what concerns `frames`, of `count` there are:
 * those and the ones that follow, or, at the end, come before. RangeError where there are too few.
 */
export function extendedRun(frames: readonly number[], taken: number, count: number): readonly number[] {
  const run = [...frames];
  const [first, last] = [run[0], run[run.length - 1]];
  const backwards = run.length > 1 ? last < first : last + (taken - run.length) >= count;
  while (run.length < taken) {
    const next = run[run.length - 1] + (backwards ? -1 : 1);
    if (next < 0 || next >= count) throw new RangeError(`no ${taken} frames from ${frames} of ${count}`);
    run.push(next);
  }
  return run;
}

/** Every run of `length` neighbouring frames of `count`, each in both directions where it has any. */
export function neighbourRuns(length: number, count: number): (readonly number[])[] {
  return Array.from({ length: Math.max(0, count - length + 1) }, (_, start) => {
    const run = Array.from({ length }, (__, i) => start + i);
    return length === 1 ? [run] : [run, [...run].reverse()];
  }).flat();
}

/** Frames that a task's predictions concern. */
export function framesOf({ kind }: { readonly kind: { readonly frames?: number } }): number {
  return kind.frames ?? 1;
}
