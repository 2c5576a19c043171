/** @file Command lines as a reader would type them. */

/** A word as a shell takes it whole. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command of Taskloom, begun as this process was: by `npx`, or by its name. */
export function typedCommand(args: readonly string[]): string {
  const start = process.env.npm_command === "exec" ? ["npx", "taskloom"] : ["taskloom"];
  return [...start, ...args].map(quoted).join(" ");
}
