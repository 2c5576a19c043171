/** @file `--only`: which runs of a suite a pattern names. */

/**
 * Whether a run's name fits a pattern; `*` stands for any letters. A pattern with a slash is held against the
 * whole name (`onelabel/<any>/seed-0`), one without against each part of it (`jtr`, `seed-*`).
 */
export function fits(name: string, pattern: string): boolean {
  const escaped = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const expression = new RegExp(`^${escaped.join(".*")}$`);
  return pattern.includes("/")
    ? expression.test(name)
    : name.split("/").some((part) => expression.test(part));
}
