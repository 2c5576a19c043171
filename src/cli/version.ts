/** @file The version in package.json. */
import { readFileSync } from "node:fs";

export function packageVersion(): string {
  // Two folders up both from src/cli and from dist/cli.
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
