/**
 * @file TIFF and BigTIFF, exactly: integers of 1 to 64 bits, floats of 16 to 64, strips and tiles, no
 * compression, LZW, deflate and packbits with their predictors, palettes, samples side by side or in planes.
 * A decoder of our own because libvips reads half floats as zeros and turns palettes into colours.
 */
import type { Raster, RasterData } from "../../tasks/contract/maps.js";
import { FileErrors } from "./damage.js";
import { type NumberKind, toNumbers } from "./numbers.js";
import { readPages, type Tags } from "./tiff-directory.js";
import {
  compressionName,
  isOwnCompression,
  rowBytes,
  type SegmentLayout,
  segmentRows,
} from "./tiff-segments.js";

export { isTiff } from "./tiff-directory.js";

/** What a page says of its pixels. */
export interface TiffHeader {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** What the samples are: 0 and 1 grey, 2 RGB, 3 palette, 5 CMYK, ... */
  readonly photometric: number;
  readonly compression: number;
  /** 1 to 8 as in EXIF. */
  readonly orientation: number;
}

interface Page extends TiffHeader {
  readonly tags: Tags;
  readonly kind: NumberKind;
  readonly bits: number;
  readonly planar: boolean;
  readonly littleEndian: boolean;
}

const [SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER] = [
  254, 256, 257, 258, 259, 262, 266,
];
const [STRIP_OFFSETS, ORIENTATION, SAMPLES, STRIP_ROWS, STRIP_BYTES, PLANAR] = [273, 274, 277, 278, 279, 284];
const [PREDICTOR, PALETTE, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES] = [
  317, 320, 322, 323, 324, 325,
];
const SAMPLE_FORMAT = 339;
const KINDS: Readonly<Record<number, NumberKind>> = { 1: "u", 2: "i", 3: "f", 4: "u" };
const WIDTHS: Readonly<Record<NumberKind, readonly number[]>> = {
  u: [1, 2, 4, 8, 16, 32, 64],
  i: [8, 16, 32, 64],
  f: [16, 32, 64],
};
export const [WHITE_IS_ZERO, INDEXED, CMYK] = [0, 3, 5];

/** The picture: the only page that is no smaller version or mask of another. */
function readPage(bytes: Uint8Array, errors: FileErrors): Page {
  const { pages, littleEndian } = readPages(bytes, errors);
  const whole = pages.filter((tags) => ((tags.get(SUBFILE)?.[0] ?? 0) & 0b101) === 0);
  if (whole.length > 1)
    throw errors.unsupported(`more than one page (${whole.length})`, "Save each as a file.");
  const [tags] = whole;
  if (tags === undefined) throw errors.damaged("it holds no picture");
  const one = (tag: number, otherwise: number) => tags.get(tag)?.[0] ?? otherwise;
  const [width, height, channels] = [one(WIDTH, 0), one(HEIGHT, 0), one(SAMPLES, 1)];
  errors.requireSize(width, height);
  const depths = tags.get(BITS) ?? [1];
  const formats = tags.get(SAMPLE_FORMAT) ?? [1];
  const [bits, kind] = [depths[0], KINDS[formats[0]]];
  const mixed = depths.some((depth) => depth !== bits) || formats.some((format) => format !== formats[0]);
  if (mixed || kind === undefined || !WIDTHS[kind].includes(bits)) {
    const what = kind === undefined || mixed ? "this kind of samples" : `${bits}-bit samples`;
    throw errors.unsupported(what, "Save it with 8, 16 or 32 bits.");
  }
  errors.requireSize(width, height, channels);
  return {
    tags,
    width,
    height,
    channels,
    bits,
    kind,
    littleEndian,
    planar: one(PLANAR, 1) === 2 && channels > 1,
    photometric: one(PHOTOMETRIC, 1),
    compression: one(COMPRESSION, 1),
    orientation: one(ORIENTATION, 1),
  };
}

/** What the file says of its pixels. Throws UserError naming `where`. */
export function readTiffHeader(bytes: Uint8Array, where: string): TiffHeader {
  const errors = new FileErrors("TIFF", where);
  return errors.within(() => readPage(bytes, errors));
}

interface Grid {
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  readonly width: number;
  readonly height: number;
  /** Strips are cut off at the picture's end, tiles are not. */
  readonly tiled: boolean;
}

function gridOf({ tags, width, height }: Page, errors: FileErrors): Grid {
  const tiled = tags.has(TILE_OFFSETS);
  const offsets = tags.get(tiled ? TILE_OFFSETS : STRIP_OFFSETS) ?? [];
  const lengths = tags.get(tiled ? TILE_BYTES : STRIP_BYTES) ?? [];
  const strip = Math.min(tags.get(STRIP_ROWS)?.[0] ?? height, height);
  const cell = tiled
    ? { width: tags.get(TILE_WIDTH)?.[0] ?? 0, height: tags.get(TILE_HEIGHT)?.[0] ?? 0 }
    : { width, height: strip };
  errors.requireSize(cell.width, cell.height);
  if (offsets.length !== lengths.length) throw errors.damaged("its strips or tiles have no lengths");
  return { offsets, lengths, ...cell, tiled };
}

/** Copies a segment's samples to their place in the whole picture. */
function place(
  page: Page,
  segment: RasterData,
  box: { x: number; y: number; width: number; rows: number },
  into: RasterData,
  plane: number,
): void {
  const { width, height, channels, planar } = page;
  const samples = planar ? 1 : channels;
  const columns = Math.min(box.width, width - box.x);
  for (let row = 0; row < box.rows && box.y + row < height; row++) {
    const from = row * box.width * samples;
    const to = ((box.y + row) * width + box.x) * channels + plane;
    if (!planar) into.set(segment.subarray(from, from + columns * samples), to);
    else for (let i = 0; i < columns; i++) into[to + i * channels] = segment[from + i];
  }
}

/** Samples of fewer than 8 bits, each row from a whole byte on, as bytes. */
function unpacked(bytes: Uint8Array, rows: number, layout: SegmentLayout): Uint8Array {
  const { bits, width, samples } = layout;
  const count = width * samples;
  const out = new Uint8Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const line = row * rowBytes(layout);
    for (let i = 0; i < count; i++) {
      const bit = i * bits;
      out[row * count + i] = (bytes[line + (bit >> 3)] >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
    }
  }
  return out;
}

function readSamples(bytes: Uint8Array, page: Page, errors: FileErrors): RasterData {
  const { width, height, channels, bits, kind, planar, compression, littleEndian } = page;
  const grid = gridOf(page, errors);
  const predictor = page.tags.get(PREDICTOR)?.[0] ?? 1;
  if (![1, 2, 3].includes(predictor)) throw errors.unsupported(`predictor ${predictor}`, "Save it again.");
  if ((page.tags.get(FILL_ORDER)?.[0] ?? 1) !== 1)
    throw errors.unsupported("reversed bits", "Save it again.");
  const layout = {
    compression,
    predictor,
    littleEndian,
    width: grid.width,
    samples: planar ? 1 : channels,
    bits,
  };
  const across = Math.ceil(width / grid.width);
  const cells = across * Math.ceil(height / grid.height);
  const planes = planar ? channels : 1;
  if (grid.offsets.length < cells * planes)
    throw errors.truncated(`${grid.offsets.length} of ${cells * planes} strips or tiles`);
  let whole: RasterData | undefined;
  for (let index = 0; index < cells * planes; index++) {
    const [plane, cell] = [Math.floor(index / cells), index % cells];
    const [x, y] = [(cell % across) * grid.width, Math.floor(cell / across) * grid.height];
    const rows = grid.tiled ? grid.height : Math.min(grid.height, height - y);
    const source = bytes.subarray(grid.offsets[index], grid.offsets[index] + grid.lengths[index]);
    const raw = segmentRows(source, rows, layout, errors);
    const segment = bits < 8 ? unpacked(raw, rows, layout) : toNumbers(raw, kind, bits / 8, errors.where);
    // Of the first segment's type; a segment whose 64-bit integers want another 32-bit type must not be
    // wrapped.
    whole ??= new (segment.constructor as new (length: number) => RasterData)(width * height * channels);
    if (segment.constructor !== whole.constructor)
      throw errors.unsupported("64-bit integers of both signs beyond 32 bits", "Save it with 32 bits.");
    place(page, segment, { x, y, width: grid.width, rows }, whole, plane);
  }
  return whole!;
}

/** RGB triples of 8 bits from a colour map of 16 bits: all reds, all greens, all blues. */
function paletteOf(map: readonly number[]): Uint8Array {
  const count = Math.floor(map.length / 3);
  // Some writers store 8 bits where 16 belong; 8 bits become 16 times 256 or times 257.
  const shift = map.some((value) => value > 255) ? 8 : 0;
  return Uint8Array.from({ length: 3 * count }, (_, i) => map[(i % 3) * count + Math.floor(i / 3)] >> shift);
}

/**
 * Decodes a TIFF: values as they stand, palette indices as indices, grey with 0 for white the other way
 * round. Throws UserError naming `where`, also for what would change values (JPEG inside) or is not read.
 */
export function decodeTiff(bytes: Uint8Array, where: string): Raster {
  const errors = new FileErrors("TIFF", where);
  return errors.within(() => {
    const page = readPage(bytes, errors);
    const { width, height, channels, bits, kind, photometric, compression, tags } = page;
    if (!isOwnCompression(compression)) {
      throw errors.unsupported(compressionName(compression), "Save it with LZW, deflate or no compression.");
    }
    const data = readSamples(bytes, page, errors);
    if (photometric === WHITE_IS_ZERO && kind === "u" && bits <= 16) {
      for (let i = 0; i < data.length; i++) data[i] = 2 ** bits - 1 - data[i];
    }
    const map = photometric === INDEXED ? tags.get(PALETTE) : undefined;
    return {
      width,
      height,
      channels,
      data,
      ...(map && { palette: paletteOf(map) }),
      ...(bits < 8 && { maximum: 2 ** bits - 1 }),
    };
  });
}
