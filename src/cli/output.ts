/** @file What commands print: results on stdout, everything else on stderr. */
import { InvalidArgumentError } from "commander";

/** One JSON document; NaN and infinities as null. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** A message for people while a command works. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Option parser: whole numbers from `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${least}.`);
  };
}

/** Option parser: whole numbers from 0 with commas between them, each once. */
export function wholeNumbers(text: string): number[] {
  const numbers = text.split(",").map((part) => part.trim());
  const distinct = new Set(numbers.map(Number)).size === numbers.length;
  if (distinct && numbers.every((part) => /^\d{1,15}$/.test(part))) return numbers.map(Number);
  throw new InvalidArgumentError(
    "It takes different whole numbers from 0 with commas between them, e.g. 0,1,2.",
  );
}

/** Option parser: HEIGHTxWIDTH. */
export function imageSize(text: string): [number, number] {
  const match = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(text);
  if (match === null) throw new InvalidArgumentError("It takes HEIGHTxWIDTH, e.g. 96x128.");
  return [Number(match[1]), Number(match[2])];
}

/** Option parser: a share from 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("It takes a number from 0 to 1.");
}

/** Option parser: `task=share`, given several times. */
export function taskShare(
  text: string,
  before: readonly (readonly [string, number])[] = [],
): (readonly [string, number])[] {
  const [task, value, ...rest] = text.split("=");
  if (task === "" || value === undefined || rest.length > 0) {
    throw new InvalidArgumentError("It takes task=share, e.g. depth=0.1.");
  }
  return [...before, [task, share(value)]];
}

/** Option parser for options given several times. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** Option parser: the shares of training, validation and test in percent, e.g. `80,10,10`. */
export function splitShares(text: string): { train: number; val: number; test: number } {
  const shares = text.split(",").map(Number);
  const [train, val, test = 0] = shares;
  const sound = shares.length >= 2 && shares.length <= 3 && shares.every((share) => share >= 0);
  if (sound && train > 0 && Math.abs(train + val + test - 100) < 1e-6) {
    return { train: train / 100, val: val / 100, test: test / 100 };
  }
  throw new InvalidArgumentError("It takes percentages that add up to 100, e.g. 80,10,10 or 90,10.");
}

/** A line on stderr every tenth of the way. */
export function everyTenth(done: string): (count: number, total: number) => void {
  return (count, total) => {
    if (Math.floor((10 * count) / total) > Math.floor((10 * (count - 1)) / total)) {
      note(`${done} ${count} of ${total}`);
    }
  };
}
