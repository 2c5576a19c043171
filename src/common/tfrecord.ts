/**
 * @file TFRecord framing (https://www.tensorflow.org/tutorials/load_data/tfrecord): length (8 bytes), its
 * masked CRC-32C, the data, its masked CRC-32C; all little-endian.
 */

const TABLE = crcTable();
/** Bytes before a record's data. */
export const HEADER_BYTES = 12;
/** Bytes after it. */
export const FOOTER_BYTES = 4;

function crcTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    // Castagnoli's polynomial, bits reversed.
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    table[byte] = value;
  }
  return table;
}

/** CRC-32C (Castagnoli), RFC 3720 appendix B.4. */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) value = TABLE[(value ^ bytes[i]) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** TFRecord stores CRCs rotated and offset, so that a CRC over data that holds CRCs stays meaningful. */
function masked(bytes: Uint8Array): number {
  const sum = crc32c(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

/** One framed record. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEADER_BYTES + data.length + FOOTER_BYTES);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(data, HEADER_BYTES);
  view.setUint32(HEADER_BYTES + data.length, masked(data), true);
  return record;
}

/**
 * How many bytes of data the record has that begins with `header`; undefined where `header` is shorter than
 * HEADER_BYTES or the length's checksum is wrong.
 */
export function recordLength(header: Uint8Array): number | undefined {
  if (header.length < HEADER_BYTES) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
  if (masked(header.subarray(0, 8)) !== view.getUint32(8, true)) return undefined;
  return Number(view.getBigUint64(0, true));
}

/**
 * The record at byte `start`, and where the next one begins; undefined where the bytes end or are damaged.
 * The data is a view.
 */
export function recordAt(bytes: Uint8Array, start: number): { data: Uint8Array; end: number } | undefined {
  const length = recordLength(bytes.subarray(start));
  if (length === undefined) return undefined;
  const end = start + HEADER_BYTES + length + FOOTER_BYTES;
  if (!(end <= bytes.length)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = bytes.subarray(start + HEADER_BYTES, end - FOOTER_BYTES);
  return masked(data) === view.getUint32(end - FOOTER_BYTES, true) ? { data, end } : undefined;
}
