import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "taskloom-examples-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const outputs: Readonly<Record<string, RegExp>> = {
  "01-train-from-config.mjs": /loss \d+\.\d+ -> \d+\.\d+[\s\S]*report\.html/,
  "02-own-training-loop.mjs": /-0\.\d\d {2}0\.\d\d/,
  "03-export-and-predict.mjs": /000001\.png: normals in .*000001\.normals\.png/,
  "04-compare-methods.mjs": /jtr: depth aErr \d[\s\S]*^\| jtr +\|.* MiB \|.*\|$/m,
};

it.each(
  readdirSync("examples")
    .filter((name) => name.endsWith(".mjs"))
    .sort(),
)("%s runs", (name) => {
  expect(Object.keys(outputs)).toContain(name);
  const output = execFileSync(process.execPath, [join("examples", name), join(folder, "run")], {
    encoding: "utf8",
    env: { ...process.env, TASKLOOM_CACHE: join(folder, "cache") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  expect(output).toMatch(outputs[name]);
});
