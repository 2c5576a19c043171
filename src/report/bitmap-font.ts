/**
 * @file A 5x7 pixel font for captions in pictures: capitals, digits and punctuation, so that no font file is
 * needed.
 */

export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 7;

/** Seven rows of a glyph, top first; bit 4 is the left pixel. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = Object.fromEntries(
  `
A 0e11111f111111|B 1e11111e11111e|C 0e11101010110e|D 1e11111111111e|E 1f10101e10101f|F 1f10101e101010|G 0e11101711110f
H 1111111f111111|I 0e04040404040e|J 0702020202120c|K 11121418141211|L 1010101010101f|M 111b1515111111|N 11191513111111
O 0e11111111110e|P 1e11111e101010|Q 0e11111115120d|R 1e11111e141211|S 0f10100e01011e|T 1f040404040404|U 1111111111110e
V 11111111110a04|W 11111115151b11|X 11110a040a1111|Y 11110a04040404|Z 1f01020408101f|0 0e11131519110e|1 040c040404040e
2 0e11010204081f|3 1f02040201110e|4 02060a121f0202|5 1f101e0101110e|6 0608101e11110e|7 1f010204080808|8 0e11110e11110e
9 0e11110f01020c|. 0000000000000c|, 00000000060408|: 00060600060600|- 0000001f000000|+ 0004041f040400|/ 01010204081010
( 02040808080402|) 08040202020408|% 18190204081303|= 00001f001f0000|_ 0000000000001f|# 0a0a1f0a1f0a0a|* 00150e1f0e1500
> 08040201020408|< 02040810080402|! 04040404040004|? 0e110102040004|' 04040000000000|& 0c12140815120d
`
    .trim()
    .split(/[|\n]/)
    .map((entry) => [entry[0], (entry.slice(2).match(/../g) ?? []).map((row) => Number.parseInt(row, 16))]),
);

/**
 * Whether the pixel at (x, y) of a character's 5x7 cell is ink. Small letters look like capitals, unknown
 * ones like `?`.
 */
export function glyphPixel(character: string, x: number, y: number): boolean {
  if (character === " ") return false;
  const rows = GLYPHS[character.toUpperCase()] ?? GLYPHS["?"];
  return ((rows[y] >> (GLYPH_WIDTH - 1 - x)) & 1) === 1;
}
