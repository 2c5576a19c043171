import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonLinesWriter, readJsonLines } from "../../src/disk/json-lines.js";
import { compileSources } from "../helpers/child.js";
import { scratchFolder, userError } from "../helpers/folder.js";

const upTo = (step: number) => (value: unknown) => (value as { step: number }).step <= step;

describe("JsonLinesWriter", () => {
  it("appends lines that are readable at once", () => {
    const path = join(scratchFolder(), "a.jsonl");
    const writer = new JsonLinesWriter(path);
    writer.append({ step: 1, text: "naïve\n" });
    expect(readJsonLines(path)).toEqual([{ step: 1, text: "naïve\n" }]);
    writer.append([2]);
    writer.flush();
    writer.close();
    expect(readJsonLines(path)).toEqual([{ step: 1, text: "naïve\n" }, [2]]);
  });

  it("cuts a half-written line and the lines after a step", () => {
    const path = join(scratchFolder(), "a.jsonl");
    const first = new JsonLinesWriter(path);
    for (let step = 1; step <= 5; step++) first.append({ step });
    first.close();
    appendFileSync(path, '{"step": 6, "lo');
    expect(readJsonLines(path)).toHaveLength(5);
    const second = new JsonLinesWriter(path, upTo(3));
    second.append({ step: 4, again: true });
    second.close();
    expect(readFileSync(path, "utf8")).toBe('{"step":1}\n{"step":2}\n{"step":3}\n{"step":4,"again":true}\n');
  });

  it("cuts a tail of zeros, as a power cut leaves it", () => {
    const path = join(scratchFolder(), "a.jsonl");
    writeFileSync(path, `{"step":1}\n${"\0".repeat(600)}\n\0\0`);
    new JsonLinesWriter(path).close();
    expect(readFileSync(path, "utf8")).toBe('{"step":1}\n');
  });

  it("never throws away good lines behind a damaged one", async () => {
    const path = join(scratchFolder(), "a.jsonl");
    const text = '{"step":1}\n{"step":\n{"step":3}\n';
    writeFileSync(path, text);
    const error = await userError(() => new JsonLinesWriter(path));
    expect(error.message).toBe(`${path}: line 2 is not JSON. Mend or delete that line.`);
    expect((await userError(() => readJsonLines(path))).facts.code).toBe("log.damaged-line");
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("reads back any file cut at any byte as a beginning of what was written", () => {
    const path = join(scratchFolder(), "a.jsonl");
    fc.assert(
      fc.property(fc.array(fc.json(), { maxLength: 8 }), fc.nat(), (texts, cut) => {
        const lines = texts.map((text) => `${JSON.stringify(JSON.parse(text))}\n`);
        const bytes = Buffer.from(lines.join(""));
        const kept = bytes.subarray(0, cut % (bytes.length + 1));
        writeFileSync(path, kept);
        new JsonLinesWriter(path).close();
        const after = readFileSync(path, "utf8");
        expect(kept.toString().startsWith(after)).toBe(true);
        expect(after.split("\n").length).toBe(kept.toString().split("\n").length);
      }),
      { numRuns: 200 },
    );
  });

  it.skipIf(!existsSync("/dev/full"))("reports a full disk", async () => {
    const path = join(scratchFolder(), "a.jsonl");
    symlinkSync("/dev/full", path);
    const writer = new JsonLinesWriter(path);
    expect((await userError(() => writer.append(1))).facts).toMatchObject({
      code: "file.disk-full",
      where: path,
    });
    writer.close();
  });

  it.skipIf(process.platform === "win32")("takes back a line that only half fitted", () => {
    const folder = scratchFolder();
    compileSources(folder);
    const path = join(folder, "a.jsonl");
    writeFileSync(
      join(folder, "child.js"),
      `import { JsonLinesWriter } from "./disk/json-lines.js";
       const writer = new JsonLinesWriter(${JSON.stringify(path)});
       try { for (;;) writer.append("x".repeat(300)); } catch (error) { console.log(error.facts.code); }`,
    );
    // The shell's limit on the size of files is a full disk that needs no privileges: 2 blocks of 512 or 1024
    // bytes.
    const output = execFileSync("sh", [
      "-c",
      `ulimit -f 2; "${process.execPath}" "${join(folder, "child.js")}"`,
    ]);
    expect(output.toString()).toBe("file.too-large\n");
    const text = readFileSync(path, "utf8");
    expect(text.length).toBeGreaterThan(600);
    expect(text.length % 303).toBe(0);
  });
});
