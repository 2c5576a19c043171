/** @file Text files as people's editors write them. */

/**
 * The text of a file: UTF-8, or UTF-16 where it begins with a byte order mark that says so (PowerShell and
 * old Windows editors write it). The mark itself is left out.
 */
export function decodeText(bytes: Uint8Array): string {
  const [a, b] = bytes;
  const encoding = a === 0xff && b === 0xfe ? "utf-16le" : a === 0xfe && b === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}
