import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { structure, textCells, wholeNumbers } from "../../../src/data/files/mat-values.js";
import { decodeMat } from "../../../src/data/files/mat5.js";
import { userError } from "../../helpers/dataset.js";
import { annotated, golden } from "../formats/cases.js";

const bytesOf = (base64: string) => Buffer.from(base64, "base64");

/** A data element: tag, bytes, padding. */
function element(type: number, bytes: Uint8Array, big: boolean): Buffer {
  const tag = Buffer.alloc(8);
  for (const [at, value] of [type, bytes.length].entries()) {
    if (big) tag.writeUInt32BE(value, 4 * at);
    else tag.writeUInt32LE(value, 4 * at);
  }
  return Buffer.concat([tag, bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}

function words(values: readonly number[], big: boolean): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) {
    if (big) bytes.writeInt32BE(value, 4 * i);
    else bytes.writeInt32LE(value, 4 * i);
  }
  return bytes;
}

/** An array: flags (its kind and more), shape, name, contents. */
function matrix(flags: number, shape: readonly number[], name: string, big: boolean, ...contents: Buffer[]) {
  const parts = [
    element(6, words([flags, 0], big), big),
    element(5, words(shape, big), big),
    element(1, Buffer.from(name), big),
    ...contents,
  ];
  return element(14, Buffer.concat(parts), big);
}

function file(big: boolean, ...elements: Buffer[]): Buffer {
  const header = Buffer.alloc(128, " ");
  header.write("MATLAB 5.0 MAT-file");
  header.write(big ? "MI" : "IM", 126);
  return Buffer.concat([header, ...elements]);
}

/** A sparse matrix of two rows and as many columns as `starts` has, less one. */
function sparse(rows: readonly number[], starts: readonly number[], values: readonly number[]): Buffer {
  const data = Buffer.from(Float64Array.from(values).buffer);
  const parts = [element(5, words(rows, false), false), element(5, words(starts, false), false)];
  return matrix(5, [2, Math.max(2, starts.length - 1)], "s", false, ...parts, element(9, data, false));
}

describe("decodeMat", () => {
  it("reads every type of number that scipy writes, compressed or not", () => {
    for (const name of ["numbers", "numbersCompressed"] as const) {
      const arrays = decodeMat(bytesOf(golden[name]), "x.mat");
      expect(arrays.size).toBe(10);
      for (const array of arrays.values()) {
        // Column by column.
        expect(array).toEqual({ kind: "numeric", shape: [2, 3], data: Float64Array.of(1, 4, 2, 5, 3, 6) });
      }
    }
  });

  it("reads text, cells and structures", () => {
    for (const name of ["mixed", "mixedCompressed"] as const) {
      const arrays = decodeMat(bytesOf(golden[name]), "x.mat");
      const values = { arrays, where: "x.mat" };
      expect(arrays.get("empty")).toEqual({ kind: "numeric", shape: [0, 0], data: new Float64Array() });
      expect(arrays.get("text")).toEqual({ kind: "text", shape: [1, 4], text: "näve" });
      expect(textCells(values, "names")).toEqual(["wall", "floor", ""]);
      const nested = structure(values, "nested");
      expect(wholeNumbers(nested, "list", [0, 8])).toEqual([7, 8]);
      expect(structure(nested, "inner").arrays.get("name")).toMatchObject({ text: "deep" });
    }
  });

  it("reads big-endian files, and unpadded compressed elements one after another", () => {
    for (const big of [false, true]) {
      const one = matrix(12, [1, 2], "one", big, element(5, words([-7, 8], big), big));
      const two = matrix(6, [1, 1], "two", big, element(9, Buffer.alloc(8), big));
      const arrays = decodeMat(file(big, one, two), "x.mat");
      expect(arrays.get("one")).toMatchObject({ shape: [1, 2], data: Float64Array.of(-7, 8) });
      const packed = [one, two].map((bytes) => {
        const deflated = deflateSync(bytes);
        const padded = element(15, deflated, big);
        return padded.subarray(0, 8 + deflated.length);
      });
      expect([...decodeMat(file(big, ...packed), "x.mat").keys()]).toEqual(["one", "two"]);
    }
  });

  it("reads sparse matrices as scipy writes them", () => {
    const { file: bytes, rows, columns, data } = annotated.sparse;
    const { s } = Object.fromEntries(decodeMat(Buffer.from(bytes, "base64"), "x.mat"));
    expect(s).toEqual({
      kind: "sparse",
      shape: [2, 3],
      starts: Float64Array.from(columns),
      rows: Float64Array.from(rows),
      data: Float64Array.from(data),
    });
  });

  it("refuses other files, damaged ones and kinds that it does not read", async () => {
    const number = element(9, Buffer.alloc(8), false);
    const nest = (depth: number): Buffer =>
      matrix(1, [1, 1], "deep", false, depth === 0 ? matrix(6, [1, 1], "", false, number) : nest(depth - 1));
    for (const [bytes, what] of [
      [Buffer.from("nothing"), "not a MAT-file"],
      [Buffer.from("MATLAB 7.3 MAT-file".padEnd(128)), "version 7.3"],
      [file(false, Buffer.from("abc")), "too early"],
      [file(false, matrix(3, [1, 1], "s", false)), "got object"],
      [file(false, sparse([0], [0], [8])), "where its columns begin"],
      [file(false, sparse([0], [0, 2, 1], [8])), "where its columns begin"],
      [file(false, sparse([0], [0, 1, 2], [8])), "expected 2 values, got 1"],
      [file(false, sparse([2], [0, 0, 1], [8])), "expected rows from 0 to 1, got 2"],
      [file(false, matrix(0x806, [1, 1], "c", false, number)), "got complex numbers"],
      [file(false, matrix(17, [1, 1], "o", false)), "got kind 17"],
      [file(false, matrix(6, [1, 2], "n", false, number)), "expected 2 values, got 1"],
      [file(false, matrix(4, [1, 2], "t", false, element(4, Buffer.alloc(2), false))), "expected 2 values"],
      [file(false, matrix(6, [-1, 2], "n", false, number)), "impossible shape"],
      [file(false, matrix(1, [1, 1], "n", false, number)), "unknown type"],
      [file(false, matrix(6, [1, 1], "n", false, element(99, Buffer.alloc(8), false))), "unknown type"],
      [file(false, matrix(2, [1, 1], "s", false, number, number)), "damaged structure"],
      [file(false, element(15, Buffer.from("no zlib"), false)), "compressed data"],
      [file(false, nest(40)), "nested too deeply"],
    ] as const) {
      const error = await userError(() => decodeMat(bytes, "a.mat"));
      expect(error.facts).toMatchObject({ code: "data.bad-mat", where: "a.mat" });
      expect(error.message).toContain(what);
    }
  });

  it("throws nothing but UserError on random and on mutated bytes", () => {
    const whole = [golden.mixed, golden.mixedCompressed, golden.numbers].map(bytesOf);
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
    const tries = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => file(false, Buffer.from(bytes))),
      fc.tuple(fc.nat(2), edits, fc.nat(40)).map(([which, list, cut]) => {
        const bytes = Buffer.from(whole[which].subarray(0, whole[which].length - (cut > 20 ? cut : 0)));
        for (const [at, value] of list) bytes[120 + (at % (bytes.length - 120))] = value;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(tries, (bytes) => {
        try {
          decodeMat(bytes, "fuzz.mat");
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("values of a MAT-file", () => {
  const values = { arrays: decodeMat(bytesOf(golden.mixed), "x.mat"), where: "x.mat" };

  it("must be what is asked for", async () => {
    for (const [run, got] of [
      [() => wholeNumbers(values, "none", [0, 1]), "nothing of this name"],
      [() => wholeNumbers(values, "names", [0, 1]), "cell"],
      [() => wholeNumbers(structure(values, "nested"), "list", [0, 7]), "8"],
      [() => textCells(values, "text"), "text"],
      [() => structure(values, "names"), "cell"],
    ] as const) {
      expect((await userError(run)).facts).toMatchObject({ code: "data.bad-mat", got });
    }
    const cells = new Map([
      ["c", { kind: "cell", shape: [1, 1], cells: [{ kind: "cell", shape: [0, 0], cells: [] }] }],
    ] as const);
    const error = await userError(() => textCells({ arrays: cells, where: "x.mat" }, "c"));
    expect(error.facts.got).toBe("a cell of cell");
  });
});
