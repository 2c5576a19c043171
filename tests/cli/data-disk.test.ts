import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { scratchFolder } from "../helpers/folder.js";
import { writeTiny } from "../helpers/tiny.js";
import { runCli, userMessage } from "./helpers.js";

const SYNTH = [
  "data",
  "synth",
  "--world",
  "rooms",
  "--train",
  "40",
  "--val",
  "0",
  "--test",
  "0",
  "--size",
  "64x64",
];
const CONVERT = ["data", "convert", "folder", "data"];
const STRIP = ["data", "strip", "data", "--scenario", "onelabel"];

async function project(): Promise<string> {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 40 });
  return folder;
}

/** Mounts a disk of so many kilobytes; false where the system does not allow it. */
function mountDisk(path: string, kilobytes: number): boolean {
  mkdirSync(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", path], { stdio: "ignore" });
  } catch {
    return false;
  }
  onTestFinished(() => void execFileSync("umount", [path]));
  return true;
}

describe.each([
  ["synth", SYNTH],
  ["convert", CONVERT],
  ["strip", STRIP],
])("data %s", (name, args) => {
  const target = name === "strip" ? "labels.json" : "out";

  test("says that a disk is full, and leaves it as it was", async ({ skip }) => {
    const folder = await project();
    const disk = join(folder, "disk");
    if (!mountDisk(disk, 100)) skip("needs the right to mount a tmpfs");
    writeFileSync(join(disk, "filler"), new Uint8Array(name === "strip" ? 102400 : 8192));
    const message = userMessage(await runCli([...args, "--out", join(disk, target)], folder));
    expect(message).toContain("the disk is full. Free some space");
    expect(readdirSync(disk)).toEqual(["filler"]);
  });

  test("says that it cannot write below a file, or where the kernel allows nothing", async () => {
    const folder = await project();
    const below = ["data/dataset.yaml/x", ...(process.platform === "linux" ? ["/proc/taskloom/x"] : [])];
    for (const out of below) {
      const { code, stderr } = await runCli([...args, "--out", join(out, target)], folder);
      expect(code, stderr).toBe(1);
      expect(stderr).toMatch(/a part of the path is a file|cannot be written|does not exist/);
    }
    expect(readdirSync(folder)).toEqual(["data"]);
  });
});
