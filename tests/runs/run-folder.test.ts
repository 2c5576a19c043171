import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findRun, openRunFolder } from "../../src/runs/run-folder.js";
import { scratchFolder, userError } from "../helpers/folder.js";

describe("openRunFolder", () => {
  it("creates a run, holds it, and finds it again", async () => {
    const folder = join(scratchFolder(), "runs/first");
    const run = await openRunFolder(folder, { resume: false });
    expect(run.fresh).toBe(true);
    expect(readdirSync(folder).sort()).toEqual([".lock", "checkpoints", "samples"]);
    expect((await userError(() => openRunFolder(folder, { resume: true }))).facts.code).toBe("run.locked");
    writeFileSync(run.config, "seed: 0\n");
    run.close();
    expect(existsSync(join(folder, ".lock"))).toBe(false);
    const again = await openRunFolder(folder, { resume: true });
    expect(again.fresh).toBe(false);
    again.close();
    expect(findRun(folder).checkpoints).toBe(join(folder, "checkpoints"));
  });

  it("starts no new run over an old one", async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "config.resolved.yaml"), "");
    const error = await userError(() => openRunFolder(folder, { resume: false }));
    expect(error.message).toBe(
      `${folder}: the run folder is not empty (got config.resolved.yaml). ` +
        "Go on with that run by --resume, or choose another folder by --run.",
    );
    expect(readdirSync(folder)).toEqual(["config.resolved.yaml"]);
  });

  it("takes a folder that a run killed at once has left, resumed or not", async () => {
    for (const resume of [true, false]) {
      const folder = scratchFolder();
      mkdirSync(join(folder, "checkpoints"));
      writeFileSync(join(folder, ".lock"), "");
      writeFileSync(join(folder, ".config.resolved.yaml.7-0.tmp"), "");
      const run = await openRunFolder(folder, { resume });
      expect(run.fresh).toBe(true);
      run.close();
      expect(readdirSync(folder)).toEqual(["checkpoints", "samples"]);
    }
  });

  it("resumes neither nothing nor something else", async () => {
    const folder = scratchFolder();
    const missing = join(folder, "none");
    expect((await userError(() => openRunFolder(missing, { resume: true }))).facts.code).toBe("run.missing");
    expect(existsSync(missing)).toBe(false);
    writeFileSync(join(folder, "holiday.jpg"), "");
    expect((await userError(() => openRunFolder(folder, { resume: true }))).facts.code).toBe("run.not-a-run");
    expect((await userError(() => findRun(folder))).facts.code).toBe("run.not-a-run");
    expect(readdirSync(folder)).toEqual(["holiday.jpg"]);
  });

  it("names a path that cannot be a folder", async () => {
    const file = join(scratchFolder(), "file");
    writeFileSync(file, "");
    for (const path of [file, join(file, "run")]) {
      const error = await userError(() => openRunFolder(path, { resume: false }));
      expect(error.facts).toMatchObject({ code: "file.not-a-folder", where: path });
    }
  });

  it.skipIf(!existsSync("/proc/self"))("names a folder that cannot be written", async () => {
    const error = await userError(() => openRunFolder("/proc/self/run", { resume: false }));
    expect(error.facts.where).toBe("/proc/self/run");
  });
});
