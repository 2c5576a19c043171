/** @file The part of the ZIP format that PyTorch writes: entries that are stored, not compressed. Needs no Node. */
import { damaged, refused } from "./errors.js";

const END = 0x06054b50;
const END_BYTES = 22;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const ENCRYPTED = 1;

/** Whether a file begins as a ZIP archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return [0x50, 0x4b, 0x03, 0x04].every((byte, i) => bytes[i] === byte);
}

/**
 * The entries of an archive, by name: views of `bytes`, not copies.
 * @throws UserError `torch.damaged`, or `torch.refused` for compressed, encrypted and larger than 4 GB ones.
 */
export function zipEntries(bytes: Uint8Array, where: string): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOfDirectory(view, where);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const entries = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) {
      throw damaged(where, "the archive's directory is broken");
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      view.getUint16(at + offset, true),
    );
    const nameStart = at + CENTRAL_BYTES;
    const name = new TextDecoder().decode(bytes.subarray(nameStart, nameStart + nameLength));
    if ((view.getUint16(at + 8, true) & ENCRYPTED) !== 0 || view.getUint16(at + 10, true) !== 0) {
      throw refused(where, `the archive's entry ${JSON.stringify(name)} is compressed or encrypted`);
    }
    const [size, start] = [view.getUint32(at + 24, true), view.getUint32(at + 42, true)];
    if (size === 0xffffffff || start === 0xffffffff) {
      throw refused(where, "the archive is larger than 4 GB");
    }
    entries.set(name, content(bytes, view, start, size, where));
    at = nameStart + nameLength + extraLength + commentLength;
  }
  return entries;
}

/** The end record is the archive's last, before a comment of at most 64 KiB. */
function endOfDirectory(view: DataView, where: string): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw damaged(where, "the archive is cut short");
}

function content(bytes: Uint8Array, view: DataView, start: number, size: number, where: string): Uint8Array {
  if (start + LOCAL_BYTES > bytes.length || view.getUint32(start, true) !== LOCAL) {
    throw damaged(where, "the archive's directory points nowhere");
  }
  const begin = start + LOCAL_BYTES + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  if (begin + size > bytes.length) throw damaged(where, "the archive is cut short");
  return bytes.subarray(begin, begin + size);
}
