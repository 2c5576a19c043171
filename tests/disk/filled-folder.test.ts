import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fillFolder, UNFINISHED, writeFileIn } from "../../src/disk/filled-folder.js";
import { scratchFolder, userError } from "../helpers/folder.js";

const fill = (path: string, name = "a/b.txt") =>
  fillFolder(path, { seed: 1 }, () => writeFileIn(join(path, name), "x"));

describe("fillFolder", () => {
  it("fills folders that are new or empty, and leaves no mark", async () => {
    const root = scratchFolder();
    for (const path of [root, join(root, "c/d")]) {
      await (path === root ? fill(path) : fillFolder(path, {}, () => writeFileIn(join(path, "e"), "x")));
    }
    expect(readdirSync(root, { recursive: true }).sort()).toEqual(["a", "a/b.txt", "c", "c/d", "c/d/e"]);
  });

  it("takes back what a failed call wrote, and every folder it made", async () => {
    const root = scratchFolder();
    mkdirSync(join(root, "kept"));
    const failing = (path: string) =>
      fillFolder(path, {}, async () => {
        await writeFileIn(join(path, "half"), "x");
        throw Object.assign(new Error("no space"), { code: "ENOSPC", syscall: "write" });
      });
    for (const path of [join(root, "kept"), join(root, "new/deep/er")]) {
      expect((await userError(() => failing(path))).facts).toMatchObject({
        code: "file.disk-full",
        where: path,
      });
      expect(readdirSync(root, { recursive: true })).toEqual(["kept"]);
    }
  });

  it("goes on with what a killed call of the same settings left, and with nothing else", async () => {
    const root = scratchFolder();
    writeFileSync(join(root, UNFINISHED), '{"seed":1}\n');
    writeFileSync(join(root, "left"), "x");
    expect((await userError(() => fillFolder(root, { seed: 2 }, async () => 0))).message).toContain(
      "other settings",
    );
    await fill(root);
    expect(readdirSync(root).sort()).toEqual(["a", "left"]);
    expect((await userError(() => fill(root))).message).toContain("not empty");
    writeFileSync(join(root, "dataset.yaml"), "");
    expect((await userError(() => fill(root))).facts.code).toBe("data.folder-in-use");
    expect(readFileSync(join(root, "a/b.txt"), "utf8")).toBe("x");
  });

  it("says where it cannot write: below a file, a read-only folder, the kernel's own", async () => {
    const root = scratchFolder();
    writeFileSync(join(root, "file"), "");
    expect((await userError(() => fill(join(root, "file/x")))).facts.code).toBe("file.not-a-folder");
    expect((await userError(() => fill(join(root, "file")))).facts.code).toBe("file.not-a-folder");
    if (process.platform === "linux") {
      expect((await userError(() => fill("/proc/taskloom/x"))).facts.code).toBe("file.not-writable");
    }
    mkdirSync(join(root, "closed"));
    chmodSync(join(root, "closed"), 0o555);
    // The superuser writes everywhere.
    if (process.getuid?.() === 0) return;
    expect((await userError(() => fill(join(root, "closed/x")))).facts.code).toBe("file.not-writable");
    expect(existsSync(join(root, "closed/x"))).toBe(false);
  });
});
