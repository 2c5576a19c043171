/** @file The header of an OpenEXR file (https://openexr.com/en/latest/OpenEXRFileLayout.html). */
import type { FileErrors } from "./damage.js";

export interface ExrChannel {
  /** With its layer, e.g. `ViewLayer.Depth.Z`. */
  readonly name: string;
  /** 0 uint32, 1 half, 2 float. */
  readonly type: 0 | 1 | 2;
  readonly bytes: 2 | 4;
}

export interface ExrHeader {
  /** In the order in which they stand in each row. */
  readonly channels: readonly ExrChannel[];
  readonly compression: number;
  readonly width: number;
  readonly height: number;
  /** Coordinate of the first row. */
  readonly top: number;
  /** Size of the tiles; undefined for rows. */
  readonly tile: { readonly width: number; readonly height: number } | undefined;
  /** Where the table of offsets begins. */
  readonly end: number;
}

const [TILED, DEEP, MULTIPART] = [0x200, 0x800, 0x1000];
const NEEDED = ["channels", "compression", "dataWindow"] as const;
/** A block compressed so is at most this many rows; the first six change no value that a label needs. */
export const BLOCK_ROWS = [1, 1, 1, 16, 32, 16] as const;
const COMPRESSIONS = ["none", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB", "HTJ2K"];

/** True when the bytes begin as an OpenEXR file does. */
export function isExr(bytes: Uint8Array): boolean {
  return [0x76, 0x2f, 0x31, 0x01].every((byte, i) => bytes[i] === byte);
}

class Reader {
  readonly view: DataView;
  at = 8;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A text that ends in a zero byte. */
  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0 || end - this.at > 255) throw new RangeError("no end of a name");
    const text = Buffer.from(this.bytes.subarray(this.at, end)).toString("utf8");
    this.at = end + 1;
    return text;
  }

  int(): number {
    this.at += 4;
    return this.view.getInt32(this.at - 4, true);
  }
}

function readChannels(reader: Reader, errors: FileErrors): ExrChannel[] {
  const channels: ExrChannel[] = [];
  for (let name = reader.text(); name !== ""; name = reader.text()) {
    const type = reader.int();
    reader.at += 4;
    const [x, y] = [reader.int(), reader.int()];
    if (type < 0 || type > 2) throw errors.damaged(`channel ${name} of type ${type}`);
    if (x !== 1 || y !== 1)
      throw errors.unsupported(`a channel of lower resolution (${name})`, "Save it whole.");
    channels.push({ name, type: type as ExrChannel["type"], bytes: type === 1 ? 2 : 4 });
  }
  if (channels.length === 0 || channels.length > 1024) throw errors.damaged(`${channels.length} channels`);
  return channels;
}

/**
 * Reads the header. Throws UserError for parts of the format that are not read, RangeError beyond the end.
 */
export function readExrHeader(bytes: Uint8Array, errors: FileErrors): ExrHeader {
  const reader = new Reader(bytes);
  const flags = reader.view.getUint32(4, true);
  if ((flags & DEEP) !== 0) throw errors.unsupported("deep data", "Flatten it.");
  if ((flags & MULTIPART) !== 0) throw errors.unsupported("more than one part", "Save each part as a file.");
  const places = new Map<string, number>();
  for (let name = reader.text(); name !== ""; name = reader.text()) {
    reader.text();
    const size = reader.int();
    places.set(name, reader.at);
    if (size < 0 || reader.at + size > bytes.length) throw errors.truncated();
    reader.at += size;
  }
  const end = reader.at;
  const missing = NEEDED.find((name) => !places.has(name));
  if (missing !== undefined) throw errors.damaged(`its header does not say \`${missing}\``);
  const goTo = (name: string) => {
    reader.at = places.get(name)!;
  };
  goTo("channels");
  const channels = readChannels(reader, errors);
  const compression = reader.view.getUint8(places.get("compression")!);
  if (compression >= BLOCK_ROWS.length) {
    const name = COMPRESSIONS[compression] ?? `number ${compression}`;
    throw errors.unsupported(
      `${name} compression, which changes values,`,
      "Save it with ZIP or no compression.",
    );
  }
  goTo("dataWindow");
  const [left, top, right, bottom] = [reader.int(), reader.int(), reader.int(), reader.int()];
  const [width, height] = [right - left + 1, bottom - top + 1];
  errors.requireSize(width, height, channels.length);
  return { channels, compression, width, height, top, tile: readTile(), end };

  function readTile(): ExrHeader["tile"] {
    if ((flags & TILED) === 0) return undefined;
    if (!places.has("tiles")) throw errors.damaged("its header does not say `tiles`");
    goTo("tiles");
    const tile = { width: reader.int(), height: reader.int() };
    errors.requireSize(tile.width, tile.height);
    return tile;
  }
}
