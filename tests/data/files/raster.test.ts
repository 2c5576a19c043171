import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { FileErrors, isOutOfMemory, tooLargeForMemory } from "../../../src/data/files/damage.js";
import { encodeNpy } from "../../../src/data/files/npy.js";
import {
  decodeImage,
  decodeRaster,
  encodeImage,
  encodeRaster,
  expectRaster,
  readImage,
  readRaster,
} from "../../../src/data/files/raster.js";
import { greyPng, noisePng, temporaryFolder, userError, writeFiles } from "../../helpers/dataset.js";

const jpeg = () =>
  sharp({ create: { width: 16, height: 12, channels: 3, background: { r: 200, g: 100, b: 50 } } })
    .jpeg({ quality: 95 })
    .toBuffer();

describe("images", () => {
  it("are planar RGB in [0, 1], exact from an RGB PNG", async () => {
    const bytes = noisePng(5, 4);
    const image = await decodeImage(bytes, "x.png");
    const raster = await decodeRaster(bytes, "x.png");
    expect([image.width, image.height, image.data.length]).toEqual([5, 4, 60]);
    expect(image.data[20 + 7]).toBe(Math.fround(raster.data[3 * 7 + 1] / 255));
    expect((await decodeRaster(encodeImage(image), "y.png")).data).toEqual(raster.data);
  });

  it("come from JPEG, grey, transparent and 16-bit files alike", async () => {
    const { data } = await decodeImage(await jpeg(), "x.jpg");
    expect(data[0]).toBeCloseTo(200 / 255, 1);
    expect(data[2 * 192]).toBeCloseTo(50 / 255, 1);
    const grey = await decodeImage(greyPng(2, [0, 51, 102, 255]), "g.png");
    expect([...grey.data].map((value) => Math.round(value * 255))).toEqual([
      0, 51, 102, 255, 0, 51, 102, 255, 0, 51, 102, 255,
    ]);
    const deep = await decodeImage(greyPng(2, [0, 65535], 16), "d.png");
    expect([...deep.data]).toEqual([0, 1, 0, 1, 0, 1]);
    const clear = await sharp({
      create: { width: 1, height: 1, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } },
    })
      .png()
      .toBuffer();
    expect([...(await decodeImage(clear, "t.png")).data]).toEqual([1, 0, 0]);
  });

  it("say which file is missing, cut off, or no image", async () => {
    const root = await temporaryFolder();
    const whole = await jpeg();
    await writeFiles(root, { "cut.jpg": whole.subarray(0, whole.length - 60), "text.jpg": "hello" });
    for (const [name, code] of [
      ["none.jpg", "data.missing-file"],
      ["cut.jpg", "data.damaged-image"],
      ["text.jpg", "data.unknown-image"],
    ]) {
      const { facts } = await userError(() => readImage(join(root, name)));
      expect(facts).toMatchObject({ code, where: join(root, name) });
    }
  });

  it("that are larger than what is read are called that, not damaged", async () => {
    const bytes = Uint8Array.from(await jpeg());
    // Height and width of the frame stand behind marker, length and bits.
    const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    bytes.set([20_000 >> 8, 20_000 & 255, 20_000 >> 8, 20_000 & 255], frame + 5);
    const { message } = await userError(() => decodeImage(bytes, "large.jpg"));
    expect(message).toBe(
      "large.jpg: the image has more pixels than are read (expected 1 to 268435456 pixels of up to 4 channels, got 20000x20000). Make it smaller, or cut it into parts.",
    );
  });

  it("that memory does not hold are called that, not damaged", () => {
    const cause = new RangeError("Array buffer allocation failed");
    const errors = new FileErrors("TIFF", "x.tif");
    const within = (error: Error) => () =>
      errors.within(() => {
        throw error;
      });
    expect(within(cause)).toThrow(cause);
    expect(within(new RangeError("Offset is outside the bounds of the DataView"))).toThrow(/ends too early/);
    expect(isOutOfMemory(cause)).toBe(true);
    expect(tooLargeForMemory("x.tif", cause).message).toContain("x.tif: there is not enough memory");
  });

  it("throw nothing but UserError on mutated JPEG bytes", async () => {
    const whole = await jpeg();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(whole.length),
        async (edits, length) => {
          const bytes = Uint8Array.from(whole.subarray(0, length));
          for (const [at, value] of edits) if (at > 1 && at < length) bytes[at] = value;
          try {
            await decodeImage(bytes, "fuzz.jpg");
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("label files", () => {
  it("keep 16-bit depth and class indices as they stand", async () => {
    const root = await temporaryFolder();
    await writeFiles(root, {
      "depth.png": greyPng(2, [0, 256, 65535, 1], 16),
      "seg.png": greyPng(2, [0, 3, 255, 1]),
    });
    expect((await readRaster(join(root, "depth.png"))).data).toEqual(Uint16Array.of(0, 256, 65535, 1));
    expect((await readRaster(join(root, "seg.png"))).data).toEqual(Uint8Array.of(0, 3, 255, 1));
  });

  it("may be .npy of two or three axes; doubles become floats, wide integers narrower ones", async () => {
    const plane = await decodeRaster(encodeNpy({ shape: [1, 2], data: Float64Array.of(0.5, 2) }), "x.npy");
    expect(plane).toEqual({ width: 2, height: 1, channels: 1, data: Float32Array.of(0.5, 2) });
    const wide = await decodeRaster(
      encodeNpy({ shape: [1, 1, 2], data: BigInt64Array.of(-1n, 7n) }),
      "x.npy",
    );
    expect(wide).toEqual({ width: 1, height: 1, channels: 2, data: Int32Array.of(-1, 7) });
    const flat = await userError(() =>
      decodeRaster(encodeNpy({ shape: [4], data: new Uint8Array(4) }), "f.npy"),
    );
    expect(flat.facts).toMatchObject({ code: "data.npy-shape", where: "f.npy", got: "(4)" });
  });

  it("come back from what encodeRaster writes", async () => {
    for (const data of [
      Uint8Array.of(1, 2),
      Uint16Array.of(1, 500),
      Float32Array.of(0.25, -1),
      Int32Array.of(-1, 7),
    ]) {
      const { extension, bytes } = encodeRaster({ width: 1, height: 2, channels: 1, data });
      expect(extension).toBe(data.BYTES_PER_ELEMENT === 4 ? "npy" : "png");
      expect((await decodeRaster(bytes, "x")).data).toEqual(data);
    }
  });

  it("of the wrong depth or channels are named with both formats", async () => {
    const raster = await decodeRaster(greyPng(1, [4]), "x.png");
    const error = await userError(() => expectRaster(raster, { channels: 3, bits: 16 }, "x.png"));
    expect(error.message).toBe(
      "x.png: the label file has the wrong pixel format (expected 16 bits, 3 channels, got 8 bits, 1 channel).",
    );
  });
});
