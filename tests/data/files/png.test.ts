import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { encode, decode as fastDecode } from "fast-png";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { decodePng, encodePng } from "../../../src/data/files/png.js";
import { rgbRows } from "../../../src/data/files/rgb.js";
import { userError } from "../../helpers/dataset.js";

const pixels = (count: number, high = 255) =>
  fc.array(fc.integer({ min: 0, max: high }), { minLength: count, maxLength: count });

describe("decodePng", () => {
  it("reads back 8- and 16-bit files of 1 to 4 channels exactly", () => {
    const rasters = fc
      .record({
        width: fc.integer({ min: 1, max: 9 }),
        height: fc.integer({ min: 1, max: 9 }),
        channels: fc.integer({ min: 1, max: 4 }),
        deep: fc.boolean(),
      })
      .chain((shape) =>
        pixels(shape.width * shape.height * shape.channels, shape.deep ? 65535 : 255).map((values) => ({
          ...shape,
          data: shape.deep ? Uint16Array.from(values) : Uint8Array.from(values),
        })),
      );
    fc.assert(
      fc.property(rasters, ({ width, height, channels, data }) => {
        const back = decodePng(encodePng({ width, height, channels, data }), "x.png");
        expect(back).toEqual({ width, height, channels, data });
      }),
    );
  });

  it("agrees with another decoder on interlaced files", () => {
    const [width, height, channels] = [13, 11, 3];
    const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37) & 255);
    const bytes = encode({ width, height, channels, data }, { interlace: "Adam7" });
    expect(decodePng(bytes, "x.png").data).toEqual(data);
    expect(fastDecode(bytes).data).toEqual(data);
  });

  it("keeps palette indices, also those of 4 bits, as indices", async () => {
    const colours = [0, 1, 2, 3, 3, 2, 1, 0, 0].flatMap((index) => [index * 80, 0, 255 - index * 80]);
    const bytes = await sharp(Uint8Array.from(colours), { raw: { width: 3, height: 3, channels: 3 } })
      .png({ palette: true, colours: 4, dither: 0 })
      .toBuffer();
    const png = decodePng(bytes, "x.png");
    expect(png.palette).toHaveLength(12);
    expect(png.maximum).toBeLessThan(255);
    expect(png.data[3]).toBe(png.data[4]);
    expect(new Set(png.data).size).toBe(4);
    expect(Math.max(...png.data)).toBeLessThan(4);
  });

  it("names the file and the kind of damage", async () => {
    const whole = encodePng({ width: 20, height: 20, channels: 1, data: new Uint8Array(400).fill(7) });
    const cut = await userError(() => decodePng(whole.subarray(0, whole.length - 20), "a/cut.png"));
    expect(cut.facts).toMatchObject({ code: "data.truncated-png", where: "a/cut.png" });
    const other = await userError(() => decodePng(Buffer.from("GIF89a, no PNG"), "b.png"));
    expect(other.facts).toMatchObject({ code: "data.not-png", where: "b.png" });
    const flipped = Uint8Array.from(whole);
    flipped[whole.length - 20] ^= 1;
    expect((await userError(() => decodePng(flipped, "c.png"))).facts.code).toBe("data.damaged-png");
  });

  it("refuses a picture that is larger than its header says, or than memory should bear", async () => {
    const bomb = rebuilt({ width: 2, height: 2, pixels: deflateSync(new Uint8Array(50_000_000)) });
    const error = await userError(() => decodePng(bomb, "bomb.png"));
    expect(error.message).toBe(
      "bomb.png: damaged PNG file: there is more pixel data than its header says. Write the file again from its source, or remove it.",
    );
    const huge = rebuilt({ width: 0x7fffffff, height: 0x7fffffff, pixels: deflateSync(new Uint8Array(10)) });
    expect((await userError(() => decodePng(huge, "huge.png"))).facts.code).toBe("data.image-size");
    const short = rebuilt({ width: 9, height: 9, pixels: deflateSync(new Uint8Array(10)) });
    expect((await userError(() => decodePng(short, "short.png"))).facts.code).toBe("data.truncated-png");
  });

  it("reads 108 megapixels, of which rows are made as they are asked for", () => {
    const [width, height] = [12_000, 9_000];
    const pixels = deflateSync(
      new Uint8Array(height * (width + 1)).fill(51, (height - 1) * (width + 1) + 2),
      {
        level: 1,
      },
    );
    const image = rgbRows(decodePng(rebuilt({ width, height, pixels }), "large.png"), "large.png");
    expect([image.width, image.height]).toEqual([width, height]);
    const row = new Float32Array(width);
    image.readRow(2, height - 1, row);
    expect([row[0], row[1], row[width - 1]]).toEqual([0, Math.fround(0.2), Math.fround(0.2)]);
  });

  it("throws nothing but UserError on random and on mutated bytes", () => {
    const whole = encodePng({ width: 9, height: 7, channels: 3, data: new Uint8Array(189).fill(9) });
    const tries = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((tail) => Uint8Array.of(...whole.subarray(0, 8), ...tail)),
      fc.uint8Array({ maxLength: 60 }),
      fc
        .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
        .map((edits) => {
          const bytes = Uint8Array.from(whole);
          for (const [at, value] of edits) bytes[at] = value;
          return bytes;
        }),
      fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
    );
    fc.assert(
      fc.property(tries, (bytes) => {
        try {
          decodePng(bytes, "fuzz.png");
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** An 8-bit grey PNG of which header and pixel data need not agree, with right checksums. */
function rebuilt(parts: { width: number; height: number; pixels: Uint8Array }): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(parts.width, 0);
  header.writeUInt32BE(parts.height, 4);
  header[8] = 8;
  const blocks = [
    ["IHDR", header],
    ["IDAT", parts.pixels],
    ["IEND", Buffer.alloc(0)],
  ] as const;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, ...blocks.map(([type, data]) => block(type, data))]);
}

function block(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(checksum(body), body.length + 4);
  return out;
}

/** CRC-32 bit by bit, as the PNG specification prints it: not the decoder's own. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
