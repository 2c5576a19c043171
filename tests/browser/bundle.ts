/** @file Bundling for browsers. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "tsdown";

/**
 * Bundles entries (name and source file) with all they need into a folder. Returns the text of every file
 * written, by name.
 */
export async function bundle(
  entry: Readonly<Record<string, string>>,
  outDir: string,
): Promise<Record<string, string>> {
  await build({
    config: false,
    entry: { ...entry },
    outDir,
    platform: "browser",
    format: "esm",
    target: "es2022",
    dts: false,
    deps: { alwaysBundle: [/./], onlyBundle: false },
    logLevel: "error",
  });
  return Object.fromEntries(
    readdirSync(outDir)
      .filter((name) => /\.m?js$/.test(name))
      .map((name) => [name, readFileSync(join(outDir, name), "utf8")]),
  );
}
