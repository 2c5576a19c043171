// Comments end at column 110, where code does: the formatter leaves them alone. Links may be longer.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { root } from "./lib/setup.mjs";

const WIDTH = 110;
const folders = ["src", "tests", "benchmarks", "scripts", "examples"];
const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...folders], {
  cwd: root,
  encoding: "utf8",
});
let wide = 0;
for (const name of listed.split("\n").filter((each) => /\.(ts|mjs)$/.test(each))) {
  const lines = readFileSync(`${root}/${name}`, "utf8").split("\n");
  lines.forEach((line, i) => {
    if (
      line.length <= WIDTH ||
      /^\s*\* \{/.test(line) ||
      !/^\s*(\* |\/\/ |\/\*\* )/.test(line) ||
      line.includes("://")
    )
      return;
    wide++;
    console.log(`${name}:${i + 1}: the comment is ${line.length} columns wide, of ${WIDTH}`);
  });
}
if (wide > 0) process.exitCode = 1;
