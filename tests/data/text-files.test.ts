import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSuite } from "../../src/bench/suite.js";
import { decodeText } from "../../src/common/text.js";
import { openFolder } from "../../src/data/folder.js";
import { loadLabels } from "../../src/data/labels-file.js";
import { readConfig } from "../../src/training/config/index.js";
import { TINY_YAML, temporaryFolder, tinyFolder, writeFiles } from "../helpers/dataset.js";
import { tinyText } from "../helpers/tiny.js";

const big = (text: string) => Buffer.from(text, "utf16le").swap16();
const FORMS: readonly [string, (text: string) => Uint8Array][] = [
  ["UTF-8 with a byte order mark", (text) => Buffer.from(`\uFEFF${text}`)],
  ["UTF-16, little-endian", (text) => Buffer.from(`\uFEFF${text}`, "utf16le")],
  ["UTF-16, big-endian", (text) => big(`\uFEFF${text}`)],
];

describe.each(FORMS)("files in %s", (_, form) => {
  it("give the same text", () => {
    expect(decodeText(form("grün 漢字"))).toBe("grün 漢字");
  });

  it("may be dataset.yaml, sequences.json and labels.json", async () => {
    const root = await tinyFolder();
    await writeFiles(root, {
      "dataset.yaml": form(`${TINY_YAML}sequences: order.json\n`),
      "order.json": form('{"val": [{"frames": ["val00"]}]}'),
      "labels.json": form('{"labels": {"a": ["depth"]}}'),
    });
    expect((await openFolder(root)).info.sequences).toEqual({ val: [{ frames: ["val00"] }] });
    const available = new Map([["a", ["depth"]]]);
    expect(await loadLabels(join(root, "labels.json"), available, ["depth"])).toEqual({ a: ["depth"] });
  });

  it("may be a configuration, in YAML or JSON, or a suite", async () => {
    const root = await temporaryFolder();
    await writeFiles(root, {
      "c.yaml": form(tinyText()),
      "c.json": form('{"data": {"path": "x"}, "method": {"name": "supervised"}, "steps": 3}'),
    });
    expect((await readConfig(join(root, "c.yaml"))).steps).toBe(12);
    expect((await readConfig(join(root, "c.json"))).steps).toBe(3);
    const suite = "base: {data: {path: x}, steps: 5}\nmethods: {a: {}}\nsettings: {b: {}}\nseeds: [0]\n";
    await writeFiles(root, { "s.yaml": form(suite) });
    expect(Object.keys((await readSuite(join(root, "s.yaml"))).methods)).toEqual(["a"]);
  });
});
