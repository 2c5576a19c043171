/** @file The directory of a ZIP archive. Needs no Node. */

const END = 0x06054b50;
const END_BYTES = 22;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const ENCRYPTED = 1;

/** What the caller throws for an archive that is broken, and for one that is not read. */
export interface ZipErrors {
  damaged(what: string): Error;
  refused(what: string): Error;
}

export interface ZipEntry {
  /** 0: stored as it is; 8: deflated. */
  readonly method: number;
  /** As in the archive: a view, no copy. */
  readonly bytes: Uint8Array;
  /** Bytes once inflated. */
  readonly size: number;
}

/** Whether a file begins as a ZIP archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return [0x50, 0x4b, 0x03, 0x04].every((byte, i) => bytes[i] === byte);
}

/** The entries of an archive, by name. Refuses encrypted ones and archives of 4 GB and more. */
export function zipEntries(bytes: Uint8Array, errors: ZipErrors): Map<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOfDirectory(view, errors);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const entries = new Map<string, ZipEntry>();
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) {
      throw errors.damaged("the archive's directory is broken");
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      view.getUint16(at + offset, true),
    );
    const nameStart = at + CENTRAL_BYTES;
    const name = new TextDecoder().decode(bytes.subarray(nameStart, nameStart + nameLength));
    if ((view.getUint16(at + 8, true) & ENCRYPTED) !== 0) {
      throw errors.refused(`the archive's entry ${JSON.stringify(name)} is encrypted`);
    }
    const [stored, size, start] = [20, 24, 42].map((offset) => view.getUint32(at + offset, true));
    if ([stored, size, start].includes(0xffffffff)) throw errors.refused("the archive is larger than 4 GB");
    const method = view.getUint16(at + 10, true);
    entries.set(name, { method, size, bytes: content(bytes, view, start, stored, errors) });
    at = nameStart + nameLength + extraLength + commentLength;
  }
  return entries;
}

/** The end record is the archive's last, before a comment of at most 64 KiB. */
function endOfDirectory(view: DataView, errors: ZipErrors): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw errors.damaged("the archive is cut short");
}

function content(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  size: number,
  errors: ZipErrors,
): Uint8Array {
  if (start + LOCAL_BYTES > bytes.length || view.getUint32(start, true) !== LOCAL) {
    throw errors.damaged("the archive's directory points nowhere");
  }
  const begin = start + LOCAL_BYTES + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  if (begin + size > bytes.length) throw errors.damaged("the archive is cut short");
  return bytes.subarray(begin, begin + size);
}
