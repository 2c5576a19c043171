/**
 * @file LZW as TIFF 6.0 has it (section 13): codes of 9 to 12 bits, highest bit first, widened one code
 * early.
 */

const [CLEAR, END] = [256, 257];

/**
 * Up to `length` bytes from `source`; fewer where it ends before. Undefined where a code stands for nothing.
 */
export function decodeLzw(source: Uint8Array, length: number): Uint8Array | undefined {
  const out = new Uint8Array(length);
  // Code -> where its bytes were written for the first time, and how many they are.
  const start = new Uint32Array(4096);
  const size = new Uint32Array(4096);
  let [next, bits, previous, written] = [END + 1, 9, -1, 0];
  let [buffer, held, at] = [0, 0, 0];
  while (written < length) {
    while (held < bits) {
      if (at >= source.length) return out.subarray(0, written);
      buffer = ((buffer << 8) | source[at++]) & 0xffffff;
      held += 8;
    }
    held -= bits;
    const code = (buffer >> held) & ((1 << bits) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      [next, bits, previous] = [END + 1, 9, -1];
      continue;
    }
    if (previous >= 0 && next < 4096) {
      // The string of the code before, and the first byte of this one, which is about to stand behind it.
      const before = previous < CLEAR ? 1 : size[previous];
      start[next] = written - before;
      size[next++] = before + 1;
      if (next === (1 << bits) - 1 && bits < 12) bits++;
    }
    if (code >= next) return undefined;
    if (code < CLEAR) out[written++] = code;
    else for (let i = 0; i < size[code] && written < length; i++) out[written++] = out[start[code] + i];
    previous = code;
  }
  return out.subarray(0, written);
}
