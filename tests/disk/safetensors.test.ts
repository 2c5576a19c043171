import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/common/errors.js";
import {
  readSafetensors,
  SafetensorsFile,
  type StoredArray,
  writeSafetensors,
} from "../../src/disk/safetensors.js";
import { scratchFolder, userError } from "../helpers/folder.js";

const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });
const sized = <T>(value: fc.Arbitrary<T>) =>
  shapes.chain((shape) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return fc.tuple(fc.constant(shape), fc.array(value, { minLength: length, maxLength: length }));
  });
const arrays: fc.Arbitrary<StoredArray> = fc.oneof(
  sized(fc.float()).map(([shape, v]) => ({ dtype: "F32" as const, shape, data: Float32Array.from(v) })),
  sized(fc.double()).map(([shape, v]) => ({ dtype: "F64" as const, shape, data: Float64Array.from(v) })),
  sized(fc.nat(65535)).map(([shape, v]) => ({ dtype: "F16" as const, shape, data: Uint16Array.from(v) })),
  sized(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map(([shape, v]) => ({
    dtype: "I64" as const,
    shape,
    data: BigInt64Array.from(v),
  })),
  sized(fc.integer()).map(([shape, v]) => ({ dtype: "I32" as const, shape, data: Int32Array.from(v) })),
  sized(fc.nat(255)).map(([shape, v]) => ({ dtype: "U8" as const, shape, data: Uint8Array.from(v) })),
  sized(fc.nat(1)).map(([shape, v]) => ({ dtype: "BOOL" as const, shape, data: Uint8Array.from(v) })),
);
const names = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "10", "2", "constructor"));
const files = fc.tuple(
  fc.array(fc.tuple(names, arrays), { maxLength: 6 }).map((entries) => new Map(entries)),
  fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
);

/** A file from a header and data, as somebody else would write it. */
function raw(header: unknown, dataBytes = 0, length?: number): Uint8Array {
  const json = typeof header === "string" ? header : JSON.stringify(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  bytes.set(new TextEncoder().encode(json), 8);
  return bytes;
}

describe("safetensors", () => {
  it("reads back whatever was written, whole or by name", async () => {
    const path = join(scratchFolder(), "a.safetensors");
    await fc.assert(
      fc.asyncProperty(files, async ([written, metadata]) => {
        await writeSafetensors(path, written, metadata);
        const read = await readSafetensors(path);
        expect(read.metadata).toEqual(metadata);
        expect(new Map([...read.arrays].sort())).toEqual(new Map([...written].sort()));
        const bytes = readFileSync(path);
        expect(bytes.readBigUint64LE(0) % 8n).toBe(0n);
        for (const name of written.keys()) {
          expect((await readSafetensors(path, [name])).arrays).toEqual(new Map([[name, written.get(name)]]));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("writes a layout every reader of the format takes", async () => {
    const path = join(scratchFolder(), "a.safetensors");
    const written = new Map<string, StoredArray>([
      ["flag", { dtype: "BOOL", shape: [], data: Uint8Array.of(1) }],
      ["weight", { dtype: "F32", shape: [2], data: Float32Array.of(1, -2) }],
      ["step", { dtype: "I64", shape: [1], data: BigInt64Array.of(7n) }],
    ]);
    await writeSafetensors(path, written, { format: "pt" });
    const bytes = readFileSync(path);
    const headerBytes = Number(bytes.readBigUint64LE(0));
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + headerBytes));
    expect(header).toEqual({
      __metadata__: { crc32: expect.stringMatching(/^[0-9a-f]{8}$/), format: "pt" },
      step: { dtype: "I64", shape: [1], data_offsets: [0, 8] },
      weight: { dtype: "F32", shape: [2], data_offsets: [8, 16] },
      flag: { dtype: "BOOL", shape: [], data_offsets: [16, 17] },
    });
    expect(bytes.length).toBe(8 + headerBytes + 17);
    expect(bytes.readFloatLE(8 + headerBytes + 12)).toBe(-2);
  });

  it("writes views into larger buffers as what they show", async () => {
    const path = join(scratchFolder(), "a.safetensors");
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    await writeSafetensors(path, new Map([["a", { dtype: "F32", shape: [2], data }]]));
    expect((await readSafetensors(path)).arrays.get("a")?.data).toEqual(Float32Array.of(2, 3));
  });

  it("notices every single flipped bit, and every cut", async () => {
    const path = join(scratchFolder(), "a.safetensors");
    const data = Float32Array.from({ length: 6 }, (_, i) => i);
    await writeSafetensors(path, new Map([["a", { dtype: "F32", shape: [2, 3], data }]]), { step: "12" });
    const sound = readFileSync(path);
    const firstAfterKey = sound.indexOf('crc32":"') + 'crc32":"'.length;
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const bytes = Uint8Array.from(sound);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, bytes);
      const outcome = await open(path);
      // A flip in the very mark of the checksum leaves a file without one: sound to readers of the format,
      // refused by checkpoints.
      if (outcome !== "damaged") expect([outcome, bit >> 3 < firstAfterKey]).toEqual(["unchecked", true]);
    }
    for (let length = 0; length < sound.length; length++) {
      writeFileSync(path, sound.subarray(0, length));
      expect(await open(path)).toBe("damaged");
    }
  });

  it("never crashes on rubbish", async () => {
    const path = join(scratchFolder(), "a.safetensors");
    const header = fc.oneof(
      fc.json(),
      fc.record({
        a: fc.record({
          dtype: fc.constantFrom("F32", "U8", "F8_E5M2", "constructor"),
          shape: fc.array(fc.oneof(fc.integer({ min: -1, max: 3 }), fc.constant(2 ** 53))),
          data_offsets: fc.array(fc.integer({ min: -1, max: 9 })),
        }),
        __metadata__: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
      }),
    );
    await fc.assert(
      fc.asyncProperty(header, fc.nat(9), async (content, dataBytes) => {
        writeFileSync(path, raw(content, dataBytes));
        await readSafetensors(path).catch((error: unknown) => expect(error).toBeInstanceOf(UserError));
      }),
      { numRuns: 300 },
    );
  });

  const entry = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  it.each([
    ["an empty file", new Uint8Array(0), "shorter than 8 bytes"],
    ["a header longer than the file", raw({}, 0, 1e9), "a header of 1000000000 bytes does not fit"],
    ["a header of 2^63 bytes", raw({}, 0, 2 ** 63), "does not fit"],
    ["a header that is no JSON", raw("{a"), "the header is not JSON"],
    ["a header that is a list", raw([]), "not a JSON object"],
    ["metadata that is no text", raw({ __metadata__: { a: 1 } }), 'metadata "a" is not a text'],
    ["overlaps", raw({ a: entry, b: { ...entry, data_offsets: [4, 12] } }, 12), 'array "b" overlaps'],
    [
      "gaps",
      raw({ a: entry, b: { ...entry, data_offsets: [9, 17] } }, 17),
      'array "b" overlaps its neighbour or leaves a gap',
    ],
    [
      "a shape that does not fit",
      raw({ a: { ...entry, shape: [3] } }, 8),
      "do not fit its shape [3] (expected 12 bytes, got 8)",
    ],
    ["a negative size", raw({ a: { ...entry, shape: [-2] } }, 8), "lacks a sound type, shape or range"],
    ["missing data", raw({ a: entry }, 7), "the file is cut short"],
    ["data nobody owns", raw({ a: entry }, 9), "goes on after its last array"],
    [
      "an unknown type",
      raw({ a: { ...entry, dtype: "F8_E4M3" } }, 8),
      "expected F64, I64, U64, F32, I32, U32, F16, BF16, I16, U16, I8, U8, BOOL, got F8_E4M3",
    ],
  ])("names the file and the fault of %s", async (_name, bytes, message) => {
    const path = join(scratchFolder(), "a.safetensors");
    writeFileSync(path, bytes);
    const error = await userError(() => readSafetensors(path));
    expect(error.facts.where).toBe(path);
    expect(error.message).toContain(message);
  });

  it("names missing files and missing arrays", async () => {
    const path = join(scratchFolder(), "a.safetensors");
    expect((await userError(() => readSafetensors(path))).facts.code).toBe("file.missing");
    await writeSafetensors(path, new Map());
    const error = await userError(() => readSafetensors(path, ["weight"]));
    expect(error.message).toBe(`${path}: the file holds no array "weight".`);
  });

  it("takes one of 200 MB without a second copy", async () => {
    const path = join(scratchFolder(), "a.safetensors");
    const data = new Float32Array(50e6).fill(1.5);
    const array: StoredArray = { dtype: "F32", shape: [50e6], data };
    const before = process.memoryUsage.rss();
    await writeSafetensors(path, new Map([["a", array]]));
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
    const file = await SafetensorsFile.open(path);
    expect(file.entries.get("a")?.shape).toEqual([50e6]);
    const read = await file.readAll();
    await file.close();
    expect(Buffer.compare(Buffer.from(read.get("a")!.data.buffer), Buffer.from(data.buffer))).toBe(0);
  });
});

async function open(path: string): Promise<"sound" | "damaged" | "unchecked"> {
  let file: SafetensorsFile | undefined;
  try {
    file = await SafetensorsFile.open(path);
    await file.readAll();
    return file.checked ? "sound" : "unchecked";
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return "damaged";
  } finally {
    await file?.close();
  }
}
