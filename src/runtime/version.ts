/** @file The version in package.json. */
import { readFileSync } from "node:fs";

/** The version of this installation of Taskloom. */
export function packageVersion(): string {
  // Two folders up both from src/runtime and from dist/runtime.
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
