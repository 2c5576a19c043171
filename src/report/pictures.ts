/** @file Pictures side by side, and pictures as PNG files. */
import { encode } from "fast-png";
import type { Picture } from "../tasks/task.js";
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphPixel } from "./bitmap-font.js";

type Colour = readonly [number, number, number];

export interface GridOptions {
  /** Whole-numbered enlargement of each picture; default 1. */
  readonly scale?: number;
  /** Pixels between pictures and around the grid; default 4. */
  readonly gap?: number;
  /**
   * Captions over the columns; small letters are drawn as capitals. Captions too long for their column are
   * cut.
   */
  readonly columnTitles?: readonly string[];
  /** Enlargement of the captions' 5x7 font; default 1. */
  readonly titleScale?: number;
  readonly background?: Colour;
  readonly ink?: Colour;
}

/** A planar RGB image [3, height, width] in [0, 1] as a picture; values outside are clamped. */
export function pictureOfImage(image: Float32Array, width: number, height: number): Picture {
  const pixels = width * height;
  const data = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    for (let channel = 0; channel < 3; channel++) {
      data[i * 3 + channel] = Math.round(255 * Math.min(1, Math.max(0, image[channel * pixels + i])));
    }
  }
  return { width, height, data };
}

/** The bytes of a PNG file. */
export function encodePicture({ width, height, data }: Picture): Uint8Array {
  return encode({ width, height, data, channels: 3, depth: 8 });
}

/** Enlarges by a whole number, each pixel a square. */
export function enlarge({ width, height, data }: Picture, factor: number): Picture {
  if (!Number.isInteger(factor) || factor < 1)
    throw new RangeError(`cannot enlarge a picture ${factor} times`);
  const target = new Uint8Array(width * height * factor * factor * 3);
  const rowBytes = width * factor * 3;
  for (let y = 0; y < height; y++) {
    const start = y * factor * rowBytes;
    for (let x = 0; x < width * factor; x++) {
      const source = (y * width + Math.floor(x / factor)) * 3;
      target.set(data.subarray(source, source + 3), start + x * 3);
    }
    for (let copy = 1; copy < factor; copy++) {
      target.copyWithin(start + copy * rowBytes, start, start + rowBytes);
    }
  }
  return { width: width * factor, height: height * factor, data: target };
}

/**
 * Pictures in rows and columns, each cell as large as the largest picture of its column and row. `undefined`
 * leaves a cell empty.
 */
export function pictureGrid(
  rows: readonly (readonly (Picture | undefined)[])[],
  options: GridOptions = {},
): Picture {
  const { scale = 1, gap = 4, columnTitles = [], titleScale = 1 } = options;
  const { background = [255, 255, 255], ink = [40, 48, 56] } = options;
  const columns = Math.max(columnTitles.length, ...rows.map((row) => row.length));
  const widths = Array.from(
    { length: columns },
    (_, c) => scale * Math.max(0, ...rows.map((row) => row[c]?.width ?? 0)),
  );
  const heights = rows.map((row) => scale * Math.max(0, ...row.map((picture) => picture?.height ?? 0)));
  const titleHeight = columnTitles.length > 0 ? GLYPH_HEIGHT * titleScale + gap : 0;
  const canvas = blank(
    gap + widths.reduce((sum, width) => sum + width + gap, 0),
    gap + titleHeight + heights.reduce((sum, height) => sum + height + gap, 0),
    background,
  );
  let left = gap;
  for (let c = 0; c < columns; c++) {
    drawText(canvas, columnTitles[c] ?? "", left, gap, widths[c], titleScale, ink);
    let top = gap + titleHeight;
    rows.forEach((row, r) => {
      const picture = row[c];
      if (picture !== undefined) paste(canvas, enlarge(picture, scale), left, top);
      top += heights[r] + gap;
    });
    left += widths[c] + gap;
  }
  return canvas;
}

function blank(width: number, height: number, colour: Colour): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 3];
  return { width, height, data };
}

function paste(canvas: Picture, picture: Picture, left: number, top: number): void {
  const rowBytes = picture.width * 3;
  for (let y = 0; y < picture.height; y++) {
    const row = picture.data.subarray(y * rowBytes, (y + 1) * rowBytes);
    canvas.data.set(row, ((top + y) * canvas.width + left) * 3);
  }
}

function drawText(
  canvas: Picture,
  text: string,
  left: number,
  top: number,
  room: number,
  size: number,
  ink: Colour,
): void {
  const advance = (GLYPH_WIDTH + 1) * size;
  [...text].slice(0, Math.floor((room + size) / advance)).forEach((character, i) => {
    for (let y = 0; y < GLYPH_HEIGHT * size; y++) {
      for (let x = 0; x < GLYPH_WIDTH * size; x++) {
        if (!glyphPixel(character, Math.floor(x / size), Math.floor(y / size))) continue;
        canvas.data.set(ink, ((top + y) * canvas.width + left + i * advance + x) * 3);
      }
    }
  });
}
