/**
 * @file Portable float maps (http://www.pauldebevec.com/Research/HDR/PFM): `Pf` (one channel) or `PF`
 * (three), width, height, a scale whose sign gives the byte order (negative: little-endian) and is otherwise
 * ignored, as everybody does; then float32 rows from below.
 */
import type { Raster } from "../../tasks/contract/maps.js";
import { FileErrors } from "./damage.js";
import { swapBytes, toNumbers } from "./numbers.js";

const HEADER = /^P([fF])\s+(\d{1,9})\s+(\d{1,9})\s+([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s/;
const MAX_HEADER = 256;

/** True when the bytes begin as a portable float map does. */
export function isPfm(bytes: Uint8Array): boolean {
  return (
    bytes[0] === 0x50 && (bytes[1] === 0x66 || bytes[1] === 0x46) && (bytes[2] <= 0x20 || bytes[2] === 0x23)
  );
}

/** Decodes a portable float map. Throws UserError naming `where`. */
export function decodePfm(bytes: Uint8Array, where: string): Raster {
  const errors = new FileErrors("PFM", where);
  const head = Buffer.from(bytes.subarray(0, MAX_HEADER)).toString("latin1");
  // Comments are allowed by some writers, as in PPM.
  const comments = head.match(/#[^\n]*\n/g)?.join("").length ?? 0;
  const match = HEADER.exec(head.replace(/#[^\n]*\n/g, ""));
  if (match === null) throw errors.damaged("its header is not type, width, height and scale");
  const [whole, letter, w, h, scale] = match;
  const [width, height, channels] = [Number(w), Number(h), letter === "F" ? 3 : 1];
  errors.requireSize(width, height);
  const rowBytes = 4 * width * channels;
  const start = whole.length + comments;
  const rows = bytes.subarray(start);
  if (rows.length !== rowBytes * height) {
    if (rows.length > rowBytes * height) throw errors.damaged("it goes on after its last row");
    throw errors.truncated(`${rows.length} of ${rowBytes * height} bytes of pixels`);
  }
  const turned = new Uint8Array(rows.length);
  for (let y = 0; y < height; y++) {
    turned.set(rows.subarray(y * rowBytes, (y + 1) * rowBytes), (height - 1 - y) * rowBytes);
  }
  if (!scale.startsWith("-")) swapBytes(turned, 4);
  return { width, height, channels, data: toNumbers(turned, "f", 4, where) };
}
