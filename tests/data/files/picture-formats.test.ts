import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/common/errors.js";
import { encodeNpy } from "../../../src/data/files/npy.js";
import { decodeImage, decodeRaster } from "../../../src/data/files/raster.js";
import { userError } from "../../helpers/dataset.js";
import {
  changed,
  expectedRaster,
  goldenPicture,
  type NumberType,
  numberTypes,
  sampleValue,
} from "./pictures.js";

const read = (name: string, names: readonly string[] = []) =>
  decodeRaster(goldenPicture(name), name, { names });

describe("TIFF", () => {
  const schemes: Readonly<Record<string, readonly NumberType[]>> = {
    "": numberTypes,
    "-big-endian": ["uint16", "float16", "float32"],
    "-bigtiff": ["uint16", "float16", "float32"],
    "-lzw": ["uint8", "uint16", "int32", "float32", "float64"],
    "-zip": ["uint8", "uint16", "int32", "float32", "float64"],
    "-packbits": ["uint8", "uint16", "int32", "float32", "float64"],
    "-lzw-predictor": ["uint8", "uint16", "int32", "float32"],
    "-zip-predictor": ["float32", "float64"],
    "-zip-predictor-big-endian": ["uint8", "uint16", "int32"],
  };
  for (const [scheme, types] of Object.entries(schemes)) {
    it.each(types)(`of %s${scheme} comes out exactly`, async (type) => {
      expect(await read(`${type}${scheme}.tif`)).toEqual(expectedRaster(type));
    });
  }

  it.each(["uint8", "uint16", "float32"] as const)(
    "of %s in RGB: rows, tiles and planes alike",
    async (type) => {
      for (const scheme of ["", "-tiles-predictor", "-planes"]) {
        expect(await read(`${type}-rgb${scheme}.tif`)).toEqual(expectedRaster(type, 3));
      }
    },
  );

  it("of long strips: the LZW table is full and begins again", async () => {
    expect(await read("uint16-long-lzw.tif")).toEqual(expectedRaster("uint16", 1, 80, 90));
  });

  it("with a palette keeps its indices, with fewer bits says so, with 0 for white is turned round", async () => {
    const { palette, ...indices } = await read("index8.tif");
    expect(indices).toEqual(expectedRaster("uint8"));
    expect([...palette!.subarray(3 * 200, 3 * 201)]).toEqual([200, 55, 100]);
    const bits = changed(expectedRaster("uint8"), (value) => value % 2);
    expect(await read("bit.tif")).toEqual({ ...bits, maximum: 1 });
    expect(await read("white-is-zero.tif")).toEqual(expectedRaster("uint8"));
  });

  it("names what is not read, or would change a label's values", async () => {
    const pages = await userError(() => read("pages.tif"));
    expect(pages.message).toBe(
      "pages.tif: more than one page (2) in TIFF files is not read. Save each as a file.",
    );
    expect((await userError(() => read("jpeg.tif"))).message).toContain("JPEG compression does not keep");
    expect((await userError(() => read("fax.tif"))).message).toContain("fax compression does not keep");
    expect((await userError(() => read("cmyk.tif"))).facts.code).toBe("data.cmyk-image");
  });
});

describe("BMP", () => {
  it("comes out exactly: colours, alpha, grey, palettes, bits and run lengths", async () => {
    expect(await read("rgb.bmp")).toEqual(expectedRaster("uint8", 3));
    // The fourth byte of such pixels has no meaning.
    expect(await read("rgba.bmp")).toEqual(expectedRaster("uint8", 3));
    for (const name of ["grey.bmp", "index8.bmp", "runs.bmp"]) {
      const { palette, ...indices } = await read(name);
      expect(indices, name).toEqual(expectedRaster("uint8"));
      expect(palette, name).toHaveLength(768);
    }
    const { palette, ...bits } = await read("bit.bmp");
    expect(bits).toEqual({ ...changed(expectedRaster("uint8"), (value) => value % 2), maximum: 1 });
    expect([...palette!]).toEqual([0, 0, 0, 255, 255, 255]);
  });
});

describe("PNG", () => {
  it.each([1, 2, 4])("of %i bits keeps its indices", async (bits) => {
    const { palette, ...indices } = await read(`index${bits}.png`);
    const expected = changed(expectedRaster("uint8"), (value) => value % 2 ** bits);
    expect(indices).toEqual({ ...expected, maximum: 2 ** bits - 1 });
    expect([...palette!.subarray(3, 6)]).toEqual([10, 245, 1]);
  });
});

describe("WebP", () => {
  it("is a label where it is lossless, an image either way", async () => {
    expect(await read("lossless.webp")).toEqual(expectedRaster("uint8", 3));
    expect(await read("lossless-alpha.webp")).toEqual(expectedRaster("uint8", 4));
    const lossy = await userError(() => read("lossy.webp"));
    expect(lossy.facts).toMatchObject({ code: "data.lossy-label", where: "lossy.webp" });
    expect((await decodeImage(goldenPicture("lossy.webp"), "lossy.webp")).width).toBe(19);
  });
});

describe("EXR", () => {
  const [W, H] = [19, 71];
  it.each(["none", "rle", "zips", "zip", "piz", "pxr24"])(
    "with %s compression comes out exactly",
    async (name) => {
      expect(await read(`half-${name}.exr`)).toEqual(expectedRaster("float32", 1, W, H));
      expect(await read(`float-${name}.exr`)).toEqual(expectedRaster("float32", 1, W, H));
    },
  );

  it("in tiles, of several types, of whole numbers", async () => {
    for (const name of ["tiles-zip.exr", "tiles-piz.exr"]) {
      expect(await read(name)).toEqual(expectedRaster("float32", 1, W, H));
    }
    for (const name of ["mixed-piz.exr", "mixed-pxr24.exr"]) {
      // The channels of the program are in the order R, G, B, Z.
      expect(await read(name)).toEqual(expectedRaster("float32", 3, W, H));
      expect((await read(name, ["depth", "z"])).data[0]).toBe(sampleValue("float32", 0, 0, 3));
    }
    for (const name of ["ids.exr", "ids-piz.exr", "ids-pxr24.exr"]) {
      expect((await read(name)).data).toEqual(
        Uint32Array.from(expectedRaster("float32", 1, W, H).data, (value) => value * 8 + 100),
      );
    }
  });

  it("finds the layer that is meant, or says which there are", async () => {
    expect((await read("layers.exr", ["depth"])).data[5]).toBe(sampleValue("float32", 5, 0, 4));
    const normals = await read("layers.exr", ["normal"]);
    expect(normals.channels).toBe(3);
    expect([...normals.data.subarray(0, 3)]).toEqual([5, 6, 7].map((c) => sampleValue("float32", 0, 0, c)));
    const { facts } = await userError(() => read("layers.exr", ["masks"]));
    expect(facts).toMatchObject({
      code: "data.exr-channels",
      expected: "one channel, or a layer named masks",
    });
    expect(facts.got).toContain("View.Depth.Z");
  });

  it("refuses compressions that change values, by name", async () => {
    for (const [name, scheme] of [
      ["half-b44.exr", "B44"],
      ["half-dwaa.exr", "DWAA"],
      ["float-dwaa.exr", "DWAA"],
    ]) {
      const { facts, message } = await userError(() => read(name));
      expect(facts.code).toBe("data.unsupported-exr");
      expect(message).toContain(`${scheme} compression`);
    }
  });
});

describe("PFM", () => {
  const pfm = (head: string, values: readonly number[], little: boolean) => {
    const data = Buffer.alloc(4 * values.length);
    for (const [i, value] of values.entries()) {
      if (little) data.writeFloatLE(value, 4 * i);
      else data.writeFloatBE(value, 4 * i);
    }
    return Buffer.concat([Buffer.from(head, "latin1"), data]);
  };

  it("has its rows from below, in either byte order", async () => {
    for (const [scale, little] of [
      ["-1.0", true],
      ["1", false],
      ["-0.00392", true],
    ] as const) {
      const bytes = pfm(`Pf\n2 2\n${scale}\n`, [1, 2, 3.5, Number.NaN], little);
      expect(await decodeRaster(bytes, "d.pfm")).toEqual({
        width: 2,
        height: 2,
        channels: 1,
        data: Float32Array.of(3.5, Number.NaN, 1, 2),
      });
    }
    const colour = pfm("PF\n# a comment\n1 2\n-1\n", [1, 2, 3, 4, 5, 6], true);
    expect(await decodeRaster(colour, "c.pfm")).toMatchObject({
      channels: 3,
      data: Float32Array.of(4, 5, 6, 1, 2, 3),
    });
  });

  it("says whether bytes are missing or too many, and what its header lacks", async () => {
    const code = async (bytes: Uint8Array) =>
      (await userError(() => decodeRaster(bytes, "d.pfm"))).facts.code;
    expect(await code(pfm("Pf\n2 2\n-1\n", [1, 2, 3], true))).toBe("data.truncated-pfm");
    expect(await code(pfm("Pf\n2 2\n-1\n", [1, 2, 3, 4, 5], true))).toBe("data.damaged-pfm");
    expect(await code(Buffer.from("Pf\n2\n-1\n"))).toBe("data.damaged-pfm");
    expect(await code(Buffer.from("Pf\n999999999 999999999\n-1\n"))).toBe("data.image-size");
  });
});

describe("NumPy", () => {
  it.each(numberTypes)("arrays of %s keep their values", async (type) => {
    expect(await read(`${type}.npy`)).toEqual(expectedRaster(type));
  });

  it("arrays in other orders and of truth values", async () => {
    expect(await read("float16-big-endian.npy")).toEqual(expectedRaster("float16"));
    expect(await read("int64-fortran.npy")).toEqual(expectedRaster("int64"));
    const bits = changed(expectedRaster("uint8"), (value) => value % 2);
    expect(await read("bool.npy")).toEqual({ ...bits, maximum: 1 });
    expect((await userError(() => read("complex.npy"))).facts).toMatchObject({
      code: "data.bad-npy",
      got: "<c8",
    });
  });

  it("archives: the only array, or the one of the task's name", async () => {
    expect(await read("one.npz", ["depth"])).toEqual(expectedRaster("uint16"));
    expect(await read("several.npz", ["depth"])).toEqual(expectedRaster("float16"));
    const { facts } = await userError(() => read("several.npz", ["normals", "normal"]));
    expect(facts).toMatchObject({
      code: "data.npz-arrays",
      expected: "one array, or one named normals or normal",
      got: "image, depth",
    });
  });

  it("arrays with the channels first, or a first axis of length 1", async () => {
    const shape = (dims: number[]) => {
      const data = Uint8Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => i);
      return decodeRaster(encodeNpy({ shape: dims, data }), "x.npy");
    };
    expect(await shape([1, 6, 7])).toMatchObject({ width: 7, height: 6, channels: 1 });
    const normals = await shape([3, 5, 6]);
    expect(normals).toMatchObject({ width: 6, height: 5, channels: 3 });
    expect([...normals.data.subarray(0, 3)]).toEqual([0, 30, 60]);
    expect(await shape([3, 5, 4])).toMatchObject({ width: 5, height: 3, channels: 4 });
  });

  it("64-bit integers that need more than 32 bits are refused, none is rounded", async () => {
    const { facts } = await userError(() =>
      decodeRaster(encodeNpy({ shape: [1, 2], data: BigInt64Array.of(-1n, 2n ** 31n) }), "x.npy"),
    );
    expect(facts).toMatchObject({ code: "data.wide-integers", where: "x.npy", got: "2147483648" });
    const wide = encodeNpy({ shape: [1, 2], data: BigUint64Array.of(0n, 2n ** 32n - 1n) });
    expect((await decodeRaster(wide, "x.npy")).data).toEqual(Uint32Array.of(0, 2 ** 32 - 1));
  });
});

describe("orientation", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "%i turns PNG, TIFF and JPEG upright alike, or leaves them",
    async (n) => {
      const expected = [
        [
          [10, 20, 30],
          [40, 50, 60],
        ],
        [
          [30, 20, 10],
          [60, 50, 40],
        ],
        [
          [60, 50, 40],
          [30, 20, 10],
        ],
        [
          [40, 50, 60],
          [10, 20, 30],
        ],
        [
          [10, 40],
          [20, 50],
          [30, 60],
        ],
        [
          [40, 10],
          [50, 20],
          [60, 30],
        ],
        [
          [60, 30],
          [50, 20],
          [40, 10],
        ],
        [
          [30, 60],
          [20, 50],
          [10, 40],
        ],
      ][n - 1];
      for (const extension of ["png", "tif"]) {
        const raster = await read(`turned${n}.${extension}`);
        const red = raster.data.filter((_, i) => i % 3 === 0);
        expect([raster.height, raster.width], extension).toEqual([expected.length, expected[0].length]);
        expect([...red], extension).toEqual(expected.flat());
      }
      const name = `turned${n}.jpg`;
      const image = await decodeImage(goldenPicture(name), name);
      expect([image.height, image.width]).toEqual([16 * expected.length, 16 * expected[0].length]);
      expect(image.orientation).toEqual(n === 1 ? undefined : { exif: n, applied: true });
      const seen = expected.map((row, y) =>
        row.map((_, x) => image.data[(16 * y + 8) * image.width + 16 * x + 8]),
      );
      for (const [y, row] of expected.entries()) {
        for (const [x, value] of row.entries()) expect(seen[y][x] * 255).toBeCloseTo(value, -1);
      }
      const stored = await decodeImage(goldenPicture(name), name, { orientation: "stored" });
      expect([stored.height, stored.width]).toEqual([32, 48]);
    },
  );

  it("is read of WebP, too", async () => {
    const image = await decodeImage(goldenPicture("turned6.webp"), "turned6.webp");
    expect([image.height, image.width, image.orientation?.exif]).toEqual([48, 32, 6]);
  });
});

describe("any content", () => {
  it("goes before the name; what is of no format is told what to do", async () => {
    expect(await decodeRaster(goldenPicture("uint16.tif"), "really-a-tiff.png")).toEqual(
      expectedRaster("uint16"),
    );
    const heic = await userError(() => decodeImage(Buffer.from("    ftypheic"), "IMG_1.HEIC"));
    expect(heic.facts).toMatchObject({
      code: "data.unknown-image",
      fix: "HEIC is not read. Export the photos as JPEG.",
    });
    expect((await userError(() => decodeRaster(Buffer.from("text"), "d.npz"))).facts.code).toBe(
      "data.damaged-npz",
    );
    const jpeg = await userError(() => read("turned1.jpg"));
    expect(jpeg.message).toContain("JPEG compression does not keep the values of a label");
    expect((await userError(() => decodeImage(goldenPicture("cmyk.jpg"), "cmyk.jpg"))).facts.code).toBe(
      "data.cmyk-image",
    );
  });

  it("throws nothing but UserError when it is damaged", async () => {
    const names = ["int32-lzw-predictor.tif", "uint8-rgb-tiles-predictor.tif", "float64-zip-predictor.tif"];
    names.push(
      "float32-packbits.tif",
      "index8.tif",
      "rgb.bmp",
      "runs.bmp",
      "bit.bmp",
      "float16.npy",
      "several.npz",
    );
    names.push(
      "mixed-piz.exr",
      "float-pxr24.exr",
      "half-rle.exr",
      "tiles-piz.exr",
      "layers.exr",
      "lossless.webp",
    );
    names.push("index4.png", "turned6.tif", "turned6.png", "turned3.jpg");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), {
          maxLength: 5,
        }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        async (name, edits, share, atStart) => {
          const whole = goldenPicture(name);
          const bytes = Uint8Array.from(
            whole.subarray(0, share < 0.5 ? whole.length : Math.ceil(share * whole.length)),
          );
          for (const [at, value] of edits)
            bytes[Math.floor(at * (atStart ? 64 : bytes.length)) % bytes.length] = value;
          for (const decode of [decodeRaster, decodeImage]) {
            try {
              await decode(bytes, name);
            } catch (error) {
              expect(error).toBeInstanceOf(UserError);
            }
          }
        },
      ),
      { numRuns: 400 },
    );
  }, 30_000);
});
