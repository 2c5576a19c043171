/**
 * @file The same photo twice, whatever its size, quality or file format: a difference hash (N. Krawetz, "Kind
 * of like that", 2013) finds candidates, a small grey picture of each confirms them.
 */

/** Cells of the hash: 8 rows of 8 comparisons. */
const [COLUMNS, ROWS] = [9, 8];
/** Side of the small picture. */
const SIDE = 16;
/** Bits of 64 in which two pictures of one photo may differ. */
const BITS = 3;
/** Mean difference of their small pictures, of 255. */
const DIFFERENCE = 4;
/** An image of less contrast (standard deviation, of 255) looks like any other such image. */
const CONTRAST = 4;

export interface ImageHash {
  /** Four times 16 bits. */
  readonly bands: readonly number[];
  /** Grey, [16, 16], 0 to 255. */
  readonly small: Uint8Array;
}

/** Mean brightness (0 to 255) of each cell of a grid laid over a planar RGB image in [0, 1]. */
function cells(
  image: Float32Array,
  width: number,
  height: number,
  columns: number,
  rows: number,
): Float32Array {
  const area = width * height;
  const out = new Float32Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    const top = Math.floor((row * height) / rows);
    const bottom = Math.max(top + 1, Math.floor(((row + 1) * height) / rows));
    for (let column = 0; column < columns; column++) {
      const left = Math.floor((column * width) / columns);
      const right = Math.max(left + 1, Math.floor(((column + 1) * width) / columns));
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let i = y * width + left; i < y * width + right; i++) {
          sum += 0.299 * image[i] + 0.587 * image[area + i] + 0.114 * image[2 * area + i];
        }
      }
      out[row * columns + column] = (255 * sum) / ((bottom - top) * (right - left));
    }
  }
  return out;
}

/** The hash of a planar RGB image in [0, 1]; undefined where it shows too little to be told from others. */
export function imageHash(image: Float32Array, width: number, height: number): ImageHash | undefined {
  const small = cells(image, width, height, SIDE, SIDE);
  const mean = small.reduce((sum, value) => sum + value, 0) / small.length;
  const variance = small.reduce((sum, value) => sum + (value - mean) ** 2, 0) / small.length;
  if (variance < CONTRAST ** 2) return undefined;
  const grid = cells(image, width, height, COLUMNS, ROWS);
  const bands = [0, 0, 0, 0];
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column + 1 < COLUMNS; column++) {
      const at = row * COLUMNS + column;
      const bit = Number(grid[at] < grid[at + 1]);
      bands[row >> 1] = (bands[row >> 1] << 1) | bit;
    }
  }
  return { bands, small: Uint8Array.from(small, Math.round) };
}

function bitsApart(a: ImageHash, b: ImageHash): number {
  let count = 0;
  for (let band = 0; band < 4; band++) {
    for (let rest = a.bands[band] ^ b.bands[band]; rest !== 0; rest &= rest - 1) count++;
  }
  return count;
}

/** Mean difference of the small grey pictures, 0 to 255. */
export function smallDifference(a: ImageHash, b: ImageHash): number {
  return a.small.reduce((sum, value, i) => sum + Math.abs(value - b.small[i]), 0) / a.small.length;
}

/** Whether two images show the same photo. */
export function isSamePhoto(a: ImageHash, b: ImageHash): boolean {
  return bitsApart(a, b) <= BITS && smallDifference(a, b) <= DIFFERENCE;
}

export interface HashedImage {
  readonly split: string;
  readonly id: string;
  readonly hash: ImageHash;
}

/**
 * Pairs of images in different splits that show the same photo, each image with the first it is found with.
 * Hashes at most 3 bits apart have one of their four parts in common: only those are compared.
 */
export function samePhotos(images: readonly HashedImage[]): (readonly [HashedImage, HashedImage])[] {
  const buckets = new Map<number, HashedImage[]>();
  const pairs: (readonly [HashedImage, HashedImage])[] = [];
  for (const image of images) {
    const keys = image.hash.bands.map((bits, band) => band * 65536 + bits);
    const candidates = keys.flatMap((key) => buckets.get(key) ?? []);
    const other = candidates.find((each) => each.split !== image.split && isSamePhoto(each.hash, image.hash));
    if (other !== undefined) pairs.push([other, image]);
    for (const key of keys) {
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [image]);
      else bucket.push(image);
    }
  }
  return pairs;
}
