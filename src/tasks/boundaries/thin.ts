/** @file Thinning: lines of any width brought to a width of one pixel. */
import type { Size } from "../../fields/size.js";

/** Offsets of x1 to x8 (Lam, Lee and Suen 1992): east, north-east, north, ... counter-clockwise. */
const neighboursOf = (stride: number): number[] => [
  1,
  1 - stride,
  -stride,
  -stride - 1,
  -1,
  stride - 1,
  stride,
  stride + 1,
];

/** Whether a set pixel goes in a pass, by its neighbours: bit i - 1 stands for x_i. */
function goes(neighbours: number, pass: 0 | 1): boolean {
  const x = (i: number) => (neighbours >> ((i - 1) % 8)) & 1;
  let [crossings, even, odd] = [0, 0, 0];
  for (let i = 1; i <= 4; i++) {
    crossings += (1 - x(2 * i - 1)) & (x(2 * i) | x(2 * i + 1));
    even += x(2 * i - 1) | x(2 * i);
    odd += x(2 * i) | x(2 * i + 1);
  }
  const ends = Math.min(even, odd);
  const kept = pass === 0 ? (x(2) | x(3) | (1 - x(8))) & x(1) : (x(6) | x(7) | (1 - x(4))) & x(5);
  return crossings === 1 && ends >= 2 && ends <= 3 && kept === 0;
}

/** For each pass, by the eight neighbours. */
const GOES = ([0, 1] as const).map((pass) =>
  Uint8Array.from({ length: 256 }, (_, neighbours) => Number(goes(neighbours, pass))),
);

/**
 * What is left of a mask of zeros and ones [H,W] after thinning until nothing changes (Lam, Lee and Suen
 * 1992, as MATLAB's `bwmorph(mask, "thin", Inf)`): each pass looks at the mask as the one before left it, and
 * it ends with a pair of passes that changes nothing. Beyond the edge all is zero.
 */
export function thinned(mask: Uint8Array, { height, width }: Size): Uint8Array {
  // A rim of zeros spares asking for the edge.
  const stride = width + 2;
  const framed = new Uint8Array(stride * (height + 2));
  const set = new Int32Array(height * width);
  const gone = new Int32Array(height * width);
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] !== 1) continue;
      framed[(y + 1) * stride + x + 1] = 1;
      set[count++] = (y + 1) * stride + x + 1;
    }
  }
  const neighbours = neighboursOf(stride);
  const pass = (table: Uint8Array): number => {
    let [left, leaving] = [0, 0];
    for (let i = 0; i < count; i++) {
      const at = set[i];
      let code = 0;
      for (let k = 0; k < 8; k++) code |= framed[at + neighbours[k]] << k;
      if (table[code] === 1) gone[leaving++] = at;
      else set[left++] = at;
    }
    for (let i = 0; i < leaving; i++) framed[gone[i]] = 0;
    count = left;
    return leaving;
  };
  while (pass(GOES[0]) + pass(GOES[1]) > 0);
  const thin = new Uint8Array(height * width);
  for (const at of set.subarray(0, count))
    thin[(Math.floor(at / stride) - 1) * width + (at % stride) - 1] = 1;
  return thin;
}
