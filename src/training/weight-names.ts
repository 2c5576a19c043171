/** @file The names that arrays have in other people's weight files. */

/**
 * Words that training code puts before the names of a network's arrays: DataParallel's `module`,
 * torch.compile's `_orig_mod`, Lightning's `model`, MoCo's `encoder_q`, the `backbone` of detectors and
 * segmenters.
 */
const WRAPPERS = new Set([
  "module",
  "_orig_mod",
  "model",
  "network",
  "net",
  "backbone",
  "body",
  "encoder_q",
  "base_encoder",
]);

/** What stands before a name, whole words of `WRAPPERS` only: each beginning, the empty one first. */
function beginnings(name: string): string[] {
  const found = [""];
  let end = 0;
  for (const word of name.split(".")) {
    if (!WRAPPERS.has(word)) break;
    end += word.length + 1;
    found.push(name.slice(0, end));
  }
  return found;
}

/** The beginning of names that makes most of them known without it; the shortest of several. */
export function wrapperOf(names: Iterable<string>, isKnown: (name: string) => boolean): string {
  const hits = new Map<string, number>([["", 0]]);
  for (const name of names) {
    for (const beginning of beginnings(name)) {
      const known = isKnown(name.slice(beginning.length));
      hits.set(beginning, (hits.get(beginning) ?? 0) + Number(known));
    }
  }
  const order = [...hits].sort(([a, m], [b, n]) => n - m || a.length - b.length);
  return order[0][0];
}
