import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage } from "../../../src/data/files/raster.js";
import { type ImageHash, imageHash, samePhotos } from "../../../src/data/inspection/image-hash.js";

/** A picture of soft blobs, another one for every seed. */
function scene(seed: number): Sharp {
  const [width, height] = [96, 64];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    const wave = (k: number) =>
      Math.sin(x / (7 + ((seed * k) % 11)) + seed * k) * Math.cos(y / (5 + ((seed + k) % 7)) + c);
    return 128 + 50 * wave(1) + 50 * wave(3);
  });
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function hashOf(
  picture: Sharp,
  format: "png" | "jpeg" | "webp" = "png",
): Promise<ImageHash | undefined> {
  const { width, height, data } = await decodeImage(
    await picture.toFormat(format, { quality: 70 }).toBuffer(),
    "x",
  );
  return imageHash(data, width, height);
}

const image = (split: string, id: string, hash: ImageHash | undefined) => ({ split, id, hash: hash! });

describe("samePhotos", () => {
  it("finds a photo again whatever its size, quality and format", async () => {
    const images = [image("train", "a", await hashOf(scene(1))), image("train", "b", await hashOf(scene(2)))];
    images.push(image("val", "smaller", await hashOf(scene(1).resize(48, 32))));
    images.push(image("val", "jpeg", await hashOf(scene(2), "jpeg")));
    images.push(image("val", "webp", await hashOf(scene(1).resize(144, 96), "webp")));
    const pairs = samePhotos(images).map(([a, b]) => [a.id, b.id]);
    expect(pairs).toEqual([
      ["a", "smaller"],
      ["b", "jpeg"],
      ["a", "webp"],
    ]);
  });

  it("takes neither other photos nor the same split's for it", async () => {
    const hashes = await Promise.all(Array.from({ length: 24 }, (_, seed) => hashOf(scene(seed + 1))));
    const images = hashes.map((hash, i) => image(i % 2 === 0 ? "train" : "val", String(i), hash));
    expect(samePhotos(images)).toEqual([]);
    expect(samePhotos([images[0], { ...images[0], id: "again" }])).toEqual([]);
  });

  it("knows no image that shows next to nothing", () => {
    expect(imageHash(new Float32Array(3 * 64).fill(0.5), 8, 8)).toBeUndefined();
  });
});
