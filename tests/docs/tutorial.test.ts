import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { worldByName } from "../../src/data/index.js";
import { writeWorld } from "../../src/data/synthesis/write.js";
import { blocksOf } from "./blocks.js";

/** Somebody's photographs: every image has one label or none, as the tutorial has it. */
async function ownImages(folder: string): Promise<void> {
  const world = join(folder, "world");
  const splits = { train: 6, val: 2, test: 2 };
  await writeWorld({ out: world, world: worldByName("rooms"), splits, size: [60, 80], seed: 3 });
  for (const split of Object.keys(splits)) {
    readdirSync(join(world, split, "image")).forEach((name, i) => {
      const number = `${String(i + 1).padStart(4, "0")}.png`;
      const labels =
        split !== "train" ? ["segmentation", "depth"] : i % 3 === 2 ? [] : [["segmentation", "depth"][i % 3]];
      for (const task of ["image", ...labels]) {
        const target = join(folder, "photos", split, task, number);
        mkdirSync(dirname(target), { recursive: true });
        cpSync(join(world, split, task, name), target);
      }
    });
  }
  rmSync(world, { recursive: true });
}

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "taskloom-tutorial-"));
  await ownImages(folder);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(process.cwd(), join(folder, "node_modules", "taskloom"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Steps of the tutorial's length are not what is tested here; rooms have more classes than its photographs.
const shortened = (text: string) =>
  text
    .replace(/steps: \d+/, "steps: 4")
    .replace(/width: (32|16)/g, "width: 4")
    .replace(/\[wall, floor, chair\]/, JSON.stringify(Array.from({ length: 13 }, (_, i) => `class ${i}`)));

it("every file and command of the tutorial works, in order", () => {
  const main = resolve("dist/cli/main.js");
  const ran: string[] = [];
  for (const { language, title, text } of blocksOf("docs/tutorial.md")) {
    if (language === "yaml" || language === "js") writeFileSync(join(folder, title), shortened(text));
    if (language !== "sh") continue;
    for (const line of text.trim().split("\n")) {
      const command = line.replace(/^npx taskloom/, `"$NODE" "${main}"`).replace(/^node /, '"$NODE" ');
      execFileSync("sh", ["-c", command], {
        cwd: folder,
        env: { ...process.env, NODE: process.execPath },
        stdio: "pipe",
      });
      ran.push(line);
    }
  }
  expect(ran.length).toBeGreaterThan(8);
  for (const file of ["runs/jtr/report.html", "runs/supervised/model.onnx", "model.onnx"]) {
    expect(existsSync(join(folder, file)), file).toBe(true);
  }
  expect(readdirSync(join(folder, "predictions")).sort()).toEqual([
    "0001.depth.npy",
    "0001.depth.png",
    "0001.segmentation.index.png",
    "0001.segmentation.png",
  ]);
});
