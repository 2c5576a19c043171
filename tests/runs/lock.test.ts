import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockFolder } from "../../src/runs/lock.js";
import { compileSources, ended, runChild } from "../helpers/child.js";
import { scratchFolder, userError } from "../helpers/folder.js";

describe("lockFolder", () => {
  it("lets one writer in, and the next after it has left", async () => {
    const folder = scratchFolder();
    const lock = lockFolder(folder);
    const error = await userError(() => lockFolder(folder));
    expect(error.facts.code).toBe("run.locked");
    expect(error.message).toContain(`process ${process.pid} on ${hostname()}`);
    lock.release();
    lockFolder(folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    [
      "a process that has ended",
      () => ({ pid: spawnSync(process.execPath, ["-v"]).pid, host: hostname(), started: "1" }),
    ],
    ["an earlier process with this pid", () => ({ pid: process.pid, host: hostname(), started: "1" })],
    ["nobody, a damaged file", () => null],
  ])("takes over the lock of %s", (_name, owner) => {
    const folder = scratchFolder();
    writeFileSync(join(folder, ".lock"), JSON.stringify(owner()));
    lockFolder(folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("respects a process on another machine", async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, ".lock"), JSON.stringify({ pid: 1, host: "elsewhere.example", started: "1" }));
    const error = await userError(() => lockFolder(folder));
    expect(error.message).toContain("process 1 on elsewhere.example");
    expect(existsSync(join(folder, ".lock"))).toBe(true);
  });

  it("takes over from a killed process at once, by one of several that try", async () => {
    const folder = scratchFolder();
    const program = scratchFolder();
    compileSources(program);
    const source = `import { lockFolder } from "./runs/lock.js";
      try { lockFolder(process.argv[1]); console.log("mine"); setInterval(() => {}, 1000); }
      catch (error) { console.log(error.facts.code); }`;
    const start = async () => {
      const child = runChild(program, source, [folder]);
      const answer = await new Promise<string>((done) =>
        child.stdout!.once("data", (data) => done(`${data}`.trim())),
      );
      return { child, answer };
    };
    const first = await start();
    expect(first.answer).toBe("mine");
    first.child.kill("SIGKILL");
    const others = await Promise.all([start(), start(), start(), start()]);
    expect(others.map((each) => each.answer).sort()).toEqual([
      "mine",
      "run.locked",
      "run.locked",
      "run.locked",
    ]);
    for (const { child } of others) {
      const end = child.exitCode === null ? ended(child) : undefined;
      child.kill("SIGKILL");
      await end;
    }
  });
});
