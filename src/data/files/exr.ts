/**
 * @file OpenEXR, one part, rows or tiles: half, float and uint32 channels of any name, uncompressed or with
 * RLE, ZIP, ZIPS, PIZ or PXR24 (which rounds floats to 24 bits). Compressions that change values more are
 * refused by name. A decoder of our own because those on npm read channels of certain names only, and some
 * compressions wrong.
 */
import { UserError } from "../../common/errors.js";
import type { Raster, RasterData } from "../../tasks/contract/maps.js";
import { FileErrors } from "./damage.js";
import { blockBytes, decodeBlock } from "./exr-blocks.js";
import { BLOCK_ROWS, type ExrHeader, readExrHeader } from "./exr-header.js";
import { toNumbers } from "./numbers.js";

export { isExr } from "./exr-header.js";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly rows: number;
}

/** Where each block lies in the file and in the picture. */
function* blocks(
  bytes: Uint8Array,
  header: ExrHeader,
  errors: FileErrors,
): Generator<{ box: Box; source: Uint8Array }> {
  const { width, height, top, tile, end, compression } = header;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cell = tile ?? { width, height: BLOCK_ROWS[compression] };
  const across = Math.ceil(width / cell.width);
  const count = across * Math.ceil(height / cell.height);
  // Throws before anything is allocated for blocks that the file has no room for.
  view.getBigUint64(end + 8 * (count - 1));
  for (let i = 0; i < count; i++) {
    // The tiles of the full resolution come first.
    let at = Number(view.getBigUint64(end + 8 * i, true));
    const int = () => {
      at += 4;
      return view.getInt32(at - 4, true);
    };
    let [x, y] = [0, 0];
    if (tile === undefined) y = int() - top;
    else {
      [x, y] = [int() * cell.width, int() * cell.height];
      if (int() !== 0 || int() !== 0) throw errors.damaged("a tile is not of the full resolution");
    }
    if (x < 0 || y < 0 || x >= width || y >= height) throw errors.damaged("a block lies outside the picture");
    const size = int();
    const source = bytes.subarray(at, at + size);
    if (size < 0 || source.length < size) throw errors.truncated();
    const box = { x, y, width: Math.min(cell.width, width - x), rows: Math.min(cell.height, height - y) };
    yield { box, source };
  }
}

/** The values of every channel that is wanted, [height, width] each. */
function readPlanes(
  bytes: Uint8Array,
  header: ExrHeader,
  wanted: readonly string[],
  errors: FileErrors,
): RasterData[] {
  const { channels, width, height, compression } = header;
  const planes = new Map<string, RasterData>();
  for (const { box, source } of blocks(bytes, header, errors)) {
    const block = { channels, width: box.width, rows: box.rows };
    // No compression here makes a thousandth of a block.
    if (blockBytes(block) > 1100 * (source.length + 64)) throw errors.truncated();
    const values = decodeBlock(source, block, compression, errors);
    const rowLength = blockBytes(block) / box.rows;
    let offset = 0;
    for (const { name, type, bytes: size } of channels) {
      const length = box.width * size;
      for (let row = 0; wanted.includes(name) && row < box.rows; row++) {
        const start = row * rowLength + offset;
        const line = toNumbers(
          values.subarray(start, start + length),
          type === 0 ? "u" : "f",
          size,
          errors.where,
        );
        const plane =
          planes.get(name) ?? new (line.constructor as new (n: number) => RasterData)(width * height);
        planes.set(name, plane);
        plane.set(line, (box.y + row) * width + box.x);
      }
      offset += length;
    }
  }
  return wanted.map((name) => planes.get(name)!);
}

/** Channels of one layer, which belong together. */
interface Layer {
  /** Small letters; empty for channels outside layers. */
  readonly name: string;
  /** By the last part of the channel's name, in capitals. */
  readonly channels: ReadonlyMap<string, string>;
}

function layersOf({ channels }: ExrHeader): Layer[] {
  const layers = new Map<string, Map<string, string>>();
  for (const { name } of channels) {
    const dot = name.lastIndexOf(".");
    const layer = name.slice(0, Math.max(0, dot)).toLowerCase();
    const own = layers.get(layer) ?? new Map<string, string>();
    layers.set(layer, own.set(name.slice(dot + 1).toUpperCase(), name));
  }
  return [...layers].map(([name, own]) => ({ name, channels: own }));
}

/** Groups of channels of a layer that make one array, e.g. R, G, B. */
const GROUPS = [
  ["R", "G", "B"],
  ["X", "Y", "Z"],
] as const;

/**
 * The channels that hold the label: the only one; those of a layer, or the one, that bears one of `names`;
 * else red, green and blue or x, y and z outside layers or of the only layer; else a lone Y or Z.
 */
function channelsMeant(header: ExrHeader, names: readonly string[], errors: FileErrors): readonly string[] {
  if (header.channels.length === 1) return [header.channels[0].name];
  const layers = layersOf(header);
  const lastPart = (name: string) => name.slice(name.lastIndexOf(".") + 1);
  const group = ({ channels }: Layer): string[] | undefined => {
    const found = GROUPS.find((letters) => letters.every((letter) => channels.has(letter)));
    if (found !== undefined) return found.map((letter) => channels.get(letter)!);
    if (channels.size === 1) return [...channels.values()];
    const lone = ["Y", "Z", "V"].find((letter) => channels.has(letter));
    return lone === undefined ? undefined : [channels.get(lone)!];
  };
  for (const name of names) {
    const layer = layers.find((each) => lastPart(each.name) === name);
    const own = layer && group(layer);
    if (own !== undefined) return own;
    const single = layers.find(({ channels }) => channels.has(name.toUpperCase()));
    if (single !== undefined) return [single.channels.get(name.toUpperCase())!];
  }
  const plain = layers.find(({ name }) => name === "") ?? (layers.length === 1 ? layers[0] : undefined);
  const own = plain && group(plain);
  if (own !== undefined) return own;
  throw new UserError({
    code: "data.exr-channels",
    what: "the file does not say which of its channels are meant",
    where: errors.where,
    expected:
      names.length === 0
        ? "one channel, or R, G and B"
        : `one channel, or a layer named ${names.join(" or ")}`,
    got: header.channels
      .slice(0, 12)
      .map(({ name }) => name)
      .join(", "),
    fix: "Save that channel alone.",
  });
}

/**
 * Decodes an OpenEXR file. `names`, in small letters, say which layer or channel is meant where there are
 * several. Throws UserError naming `where`.
 */
export function decodeExr(bytes: Uint8Array, where: string, names: readonly string[] = []): Raster {
  const errors = new FileErrors("EXR", where);
  return errors.within(() => {
    const header = readExrHeader(bytes, errors);
    const { width, height } = header;
    const planes = readPlanes(bytes, header, channelsMeant(header, names, errors), errors);
    const [plane] = planes;
    if (planes.length === 1) return { width, height, channels: 1, data: plane };
    const Type = plane.constructor as new (length: number) => RasterData;
    if (planes.some((other) => other.constructor !== Type)) throw errors.damaged("channels of unlike types");
    const data = new Type(width * height * planes.length);
    for (let i = 0; i < data.length; i++) data[i] = planes[i % planes.length][Math.floor(i / planes.length)];
    return { width, height, channels: planes.length, data };
  });
}
