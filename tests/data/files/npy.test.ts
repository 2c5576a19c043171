import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { decodeNpy, encodeNpy, type NpyData } from "../../../src/data/files/npy.js";
import { userError } from "../../helpers/dataset.js";

/** A .npy file as numpy.save writes it, with any header. */
function npy(version: number, header: string, data: Uint8Array): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  return Buffer.concat([magic, length, Buffer.from(header, "latin1"), data]);
}

const bytesOf = (data: NpyData) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe("npy", () => {
  it("reads back every type of number", () => {
    const arrays: NpyData[] = [
      Float32Array.of(1.5, Number.NaN, -2),
      Float64Array.of(0.1, 2, 3),
      Uint8Array.of(0, 128, 255),
      Int8Array.of(-128, 0, 127),
      Uint16Array.of(0, 1, 65535),
      Int16Array.of(-32768, 0, 1),
      Uint32Array.of(0, 1, 4294967295),
      Int32Array.of(-1, 0, 1),
      BigInt64Array.of(-1n, 0n, 2n ** 62n),
      BigUint64Array.of(0n, 1n, 2n ** 63n),
    ];
    for (const data of arrays) {
      expect(decodeNpy(encodeNpy({ shape: [3], data }), "x.npy")).toEqual({ shape: [3], data });
    }
    const matrix = { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    expect(decodeNpy(encodeNpy(matrix), "x.npy")).toEqual(matrix);
  });

  it("begins its data at a multiple of 64 bytes, as NumPy does", () => {
    const bytes = encodeNpy({ shape: [1], data: Uint8Array.of(9) });
    expect(bytes.length % 64).toBe(1);
    expect(Buffer.from(bytes.subarray(10, 70)).toString()).toContain(
      "'descr': '|u1', 'fortran_order': False",
    );
  });

  it("reads Fortran order, big-endian numbers and versions 2 and 3", () => {
    const header = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n";
    const columns = Float32Array.of(1, 4, 2, 5, 3, 6);
    for (const version of [1, 2, 3]) {
      const { shape, data } = decodeNpy(npy(version, header, bytesOf(columns)), "x.npy");
      expect([shape, [...(data as Float32Array)]]).toEqual([
        [2, 3],
        [1, 2, 3, 4, 5, 6],
      ]);
    }
    const big = "{'descr': '>u2', 'fortran_order': False, 'shape': (2,), }\n";
    expect(decodeNpy(npy(1, big, Uint8Array.of(1, 0, 0, 2)), "x.npy").data).toEqual(Uint16Array.of(256, 2));
  });

  it("refuses objects, structures, unknown versions and wrong sizes by name", async () => {
    const make = (descr: string) =>
      npy(1, `{'descr': ${descr}, 'fortran_order': False, 'shape': (1,), }\n`, new Uint8Array(8));
    const object = await userError(() => decodeNpy(make("'|O'"), "a.npy"));
    expect(object.message).toContain("a.npy: object arrays are not read");
    const structure = await userError(() => decodeNpy(make("[('x', '<f4')]"), "b.npy"));
    expect(structure.facts).toMatchObject({ where: "b.npy", got: "a structured type" });
    expect((await userError(() => decodeNpy(make("'<f4'"), "c.npy"))).facts.expected).toContain("4 bytes");
    expect((await userError(() => decodeNpy(npy(9, "", new Uint8Array(9)), "d.npy"))).facts.got).toBe("9");
    expect((await userError(() => decodeNpy(Buffer.from("nothing"), "e.npy"))).facts.code).toBe(
      "data.bad-npy",
    );
  });

  it("throws nothing but UserError on random and on mutated bytes", () => {
    const whole = encodeNpy({ shape: [3, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6) });
    const tries = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 }).map((edits) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, value] of edits) bytes[at] = value;
        return bytes;
      }),
      fc.string({ maxLength: 80 }).map((text) => npy(2, `{'descr': '<f4', ${text}`, new Uint8Array(8))),
      fc
        .array(fc.nat(2 ** 31 - 1), { maxLength: 40 })
        .map((shape) =>
          npy(
            2,
            `{'descr': '<f4', 'fortran_order': True, 'shape': (${shape.join(",")}), }`,
            new Uint8Array(8),
          ),
        ),
    );
    fc.assert(
      fc.property(tries, (bytes) => {
        try {
          decodeNpy(bytes, "fuzz.npy");
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
