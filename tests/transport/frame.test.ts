import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { float16ToFloat32, float32ToFloat16 } from "../../src/common/half.js";
import { Assembly, chunksOf } from "../../src/transport/chunks.js";
import { decodeFrame, encodeFrame } from "../../src/transport/frame.js";
import { PeerError } from "../../src/transport/peer-error.js";
import { decodeTensor, encodeTensor } from "../../src/transport/tensor-codec.js";

const shape = fc.tuple(...[3, 4, 5, 5].map((most) => fc.integer({ min: 1, max: most })));
const tensor = shape.chain((sizes) => {
  const length = sizes.reduce((a, b) => a * b, 1);
  return fc
    .array(fc.float({ noNaN: true, min: -1000, max: 1000 }), { minLength: length, maxLength: length })
    .map((values) => ({ sizes, data: Float32Array.from(values) }));
});

describe("a tensor's codec", () => {
  test("f32 is exact, f16 to half a step of half floats, u8 to half a step of its plane", () => {
    fc.assert(
      fc.property(tensor, ({ sizes, data }) => {
        expect(decodeTensor(encodeTensor(data, sizes, "f32"))).toEqual(data);
        const halves = decodeTensor(encodeTensor(data, sizes, "f16"));
        data.forEach((value, i) => {
          expect(Math.abs(halves[i] - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11 + 2 ** -25);
        });
        const coded = encodeTensor(data, sizes, "u8");
        const values = sizes[2] * sizes[3];
        decodeTensor(coded).forEach((value, i) => {
          const step = coded.scale![Math.floor(i / values)];
          expect(Math.abs(value - data[i])).toBeLessThanOrEqual(step * 0.501 + 1e-4);
        });
      }),
      { numRuns: 60 },
    );
  });

  test("labels are ones where a channel is the largest", () => {
    const data = Float32Array.from([1, 5, 3, 2, 9, 0, 2, 8, 4, 1, 0, 3]);
    const decoded = decodeTensor(encodeTensor(data, [1, 3, 2, 2], "labels"));
    expect([...decoded]).toEqual(
      [0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0].map((_, i) => {
        const pixel = i % 4;
        const best = [0, 1, 2].reduce((a, b) => (data[b * 4 + pixel] > data[a * 4 + pixel] ? b : a));
        return Number(best === Math.floor(i / 4));
      }),
    );
    expect(() => encodeTensor(data, [12], "labels")).toThrow(RangeError);
    expect(() => encodeTensor(Float32Array.from([Number.NaN]), [1, 1], "u8")).toThrow(RangeError);
  });

  test("every half float comes back as itself, and the nearest one is taken, ties to even", () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = float16ToFloat32(bits);
      if (!Number.isNaN(value)) expect(float32ToFloat16(Float32Array.of(value))[0]).toBe(bits);
    }
    const between = [
      [1 + 2 ** -11, 1],
      [1 + 3 * 2 ** -11, 1 + 2 * 2 ** -10],
      [65519, 65504],
      [65520, Infinity],
      [2 ** -25, 0],
      [3 * 2 ** -25, 2 * 2 ** -24],
    ];
    for (const [value, nearest] of between) {
      expect(float16ToFloat32(float32ToFloat16(Float32Array.of(value))[0])).toBe(nearest);
    }
    expect(float16ToFloat32(float32ToFloat16(Float32Array.of(Number.NaN))[0])).toBeNaN();
  });
});

describe("a frame", () => {
  test("comes back as it was sent", () => {
    const header = fc.dictionary(
      fc.string().filter((key) => !["tensors", "crc32", "__proto__"].includes(key)),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(header, fc.array(tensor, { maxLength: 3 }), (says, tensors) => {
        const coded = tensors.map(
          ({ sizes, data }, i) => [`t${i}`, encodeTensor(data, sizes, "f32")] as const,
        );
        const frame = decodeFrame(encodeFrame({ header: says, tensors: Object.fromEntries(coded) }));
        expect(JSON.stringify(frame.header)).toBe(JSON.stringify(says));
        expect(Object.keys(frame.tensors)).toEqual(coded.map(([name]) => name));
        for (const [i, { data }] of tensors.entries()) {
          expect(frame.tensors[`t${i}`].bytes.byteOffset % 64).toBe(0);
          expect(decodeTensor(frame.tensors[`t${i}`])).toEqual(data);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("that is damaged anywhere is refused, or is the same", () => {
    const data = Float32Array.from({ length: 50 }, (_, i) => i);
    const frame = encodeFrame({ header: { kind: "x" }, tensors: { a: encodeTensor(data, [2, 25], "f32") } });
    fc.assert(
      fc.property(
        fc.nat(frame.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(frame.length),
        (at, by, cut) => {
          const changed = frame.slice();
          changed[at] ^= by;
          for (const bytes of [changed, frame.subarray(0, cut)]) {
            try {
              const { tensors } = decodeFrame(bytes);
              // What a change in the header may still leave sound: names, spaces and the like.
              if (tensors.a?.codec === "f32") expect(decodeTensor(tensors.a)).toEqual(data);
            } catch (error) {
              expect(error).toBeInstanceOf(PeerError);
            }
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test("of anything at all is refused by one kind of error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const marked = Uint8Array.from([...new TextEncoder().encode("TLF1"), ...bytes]);
        for (const each of [bytes, marked]) expect(() => decodeFrame(each)).toThrow(PeerError);
      }),
    );
  });
});

describe("chunks", () => {
  test("make the frame again in any order, also where some come twice", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(fc.nat(1000)),
        (frame, size, random) => {
          const keys = [...random.take(1000)];
          const chunks = chunksOf(frame, size).map((chunk, i) => ({ chunk, key: keys[i] }));
          const shuffled = [...chunks].sort((a, b) => a.key - b.key).map(({ chunk }) => chunk);
          const assembly = new Assembly(size);
          const results = [...shuffled.slice(0, -1), ...shuffled.slice(0, -1), ...shuffled.slice(-1)].map(
            (each) => assembly.add(each),
          );
          expect(results.at(-1)).toEqual(frame);
          expect(results.slice(0, -1).every((each) => each === undefined)).toBe(true);
        },
      ),
    );
  });

  test.each([
    ["a total that is too large", { index: 0, total: 1000, bytes: new Uint8Array(10) }],
    ["a place beyond the end", { index: 9, total: 30, bytes: new Uint8Array(10) }],
    ["a wrong length", { index: 0, total: 30, bytes: new Uint8Array(9) }],
    ["no numbers", { index: Number.NaN, total: 30, bytes: new Uint8Array(10) }],
  ])("refuse %s", (_what, chunk) => {
    expect(() => new Assembly(10, 100).add(chunk)).toThrow(PeerError);
  });
});
