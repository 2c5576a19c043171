import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder, removeTemporaryFiles, replaceFile } from "../../src/disk/files.js";
import { failing, fullDisk } from "../helpers/failing-disk.js";
import { scratchFolder, userError } from "../helpers/folder.js";

describe("replaceFile", () => {
  it("writes texts, bytes and streams, with bytes mended afterwards", async () => {
    const folder = scratchFolder();
    const path = join(folder, "a");
    await replaceFile(path, "grüße");
    expect(readFileSync(path, "utf8")).toBe("grüße");
    await replaceFile(path, Uint8Array.of(1, 2, 3));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    await replaceFile(path, async (sink) => {
      await sink.write(Uint8Array.of(9, 9, 9));
      await sink.writeAt(Uint8Array.of(0), 1);
      await sink.write(new Uint8Array(0));
      await sink.write(Uint8Array.of(7));
    });
    expect([...readFileSync(path)]).toEqual([9, 0, 9, 7]);
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("keeps the old file and leaves nothing behind when the disk is full", async () => {
    const folder = scratchFolder();
    const path = join(folder, "a");
    writeFileSync(path, "old");
    const error = await userError(() => replaceFile(path, "x".repeat(1000), { files: fullDisk(500) }));
    expect(error.facts.code).toBe("file.disk-full");
    expect(error.message).toMatch(/\/a: the disk is full\. Free some space/);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("keeps the old file when the content fails half-way, and passes that error on", async () => {
    const folder = scratchFolder();
    const path = join(folder, "a");
    writeFileSync(path, "old");
    const content = async () => {
      throw new RangeError("not today");
    };
    await expect(replaceFile(path, content)).rejects.toThrow(RangeError);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it.each([
    ["open", "EACCES", "file.not-writable"],
    ["open", "EROFS", "file.not-writable"],
    ["rename", "EPERM", "file.not-writable"],
    ["rename", "ENOSPC", "file.disk-full"],
    ["open", "EDQUOT", "file.disk-full"],
    ["open", "EMFILE", "file.failed"],
  ] as const)("says what %s answering %s means", async (call, system, code) => {
    const folder = scratchFolder();
    const path = join(folder, "a");
    const error = await userError(() => replaceFile(path, "x", { files: failing(call, system) }));
    expect(error.facts).toMatchObject({ code, where: path });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("names a folder that is missing and one that is a file", async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "folder"));
    expect((await userError(() => replaceFile(join(folder, "none/a"), "x"))).facts.code).toBe("file.missing");
    expect((await userError(() => replaceFile(join(folder, "file/a"), "x"))).facts.code).toBe(
      "file.not-a-folder",
    );
    expect((await userError(() => replaceFile(join(folder, "folder"), "x"))).facts.code).toBe(
      "file.is-a-folder",
    );
    expect((await userError(() => makeFolder(join(folder, "file/a")))).facts.code).toBe("file.not-a-folder");
    expect(readdirSync(folder)).toEqual(["file", "folder"]);
  });

  it("clears away what killed processes left, and nothing else", async () => {
    const folder = scratchFolder();
    for (const name of [".a.12-0.tmp", ".lock.12-stale.tmp", "a.tmp", ".hidden"])
      writeFileSync(join(folder, name), "");
    await removeTemporaryFiles(folder);
    expect(readdirSync(folder)).toEqual([".hidden", "a.tmp"]);
    expect(existsSync(folder)).toBe(true);
  });
});
