import { decode } from "fast-png";
import { describe, expect, it } from "vitest";
import { glyphPixel } from "../../src/report/bitmap-font.js";
import { encodePicture, enlarge, pictureGrid, pictureOfImage } from "../../src/report/pictures.js";
import type { Picture } from "../../src/tasks/task.js";

const plain = (width: number, height: number, value: number): Picture => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
});
const pixel = ({ width, data }: Picture, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3).subarray(0, 3),
];

describe("pictures", () => {
  it("come from planar images, clamped", () => {
    const image = Float32Array.of(0, 1, 0.5, 0.5, -1, 2);
    expect([...pictureOfImage(image, 2, 1).data]).toEqual([0, 128, 0, 255, 128, 255]);
  });

  it("survive as PNG", () => {
    const picture = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    const { width, height, channels, data } = decode(encodePicture(picture));
    expect({ width, height, channels, data: [...data] }).toEqual({
      width: 2,
      height: 1,
      channels: 3,
      data: [1, 2, 3, 4, 5, 6],
    });
  });

  it("grow by whole squares", () => {
    const picture = { width: 2, height: 2, data: Uint8Array.from({ length: 12 }, (_, i) => i) };
    const large = enlarge(picture, 3);
    expect([large.width, large.height]).toEqual([6, 6]);
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 6; x++)
        expect(pixel(large, x, y)).toEqual(pixel(picture, Math.floor(x / 3), Math.floor(y / 3)));
    }
    expect(() => enlarge(picture, 1.5)).toThrow("1.5 times");
  });

  it("stand in a grid, each in its own cell", () => {
    const grid = pictureGrid(
      [
        [plain(2, 1, 10), plain(3, 2, 20)],
        [undefined, plain(1, 1, 30)],
      ],
      { gap: 1, scale: 2 },
    );
    expect([grid.width, grid.height]).toEqual([1 + 4 + 1 + 6 + 1, 1 + 4 + 1 + 2 + 1]);
    const values = [
      [0, 0, 255],
      [1, 1, 10],
      [1, 3, 255],
      [6, 4, 20],
      [11, 4, 20],
      [12, 4, 255],
      [1, 6, 255],
      [6, 6, 30],
      [8, 6, 255],
    ];
    for (const [x, y, value] of values) expect([x, y, pixel(grid, x, y)[0]]).toEqual([x, y, value]);
    expect(pictureGrid([])).toMatchObject({ width: 4, height: 4 });
  });

  it("carry captions that stay in their column", () => {
    const ink = [1, 2, 3] as const;
    const options = { gap: 2, ink, columnTitles: ["i!!!!!!", ""] };
    const grid = pictureGrid([[plain(12, 4, 9), plain(12, 4, 9)]], options);
    expect(grid.height).toBe(2 + 7 + 2 + 4 + 2);
    for (let y = 0; y < 9; y++) {
      for (let x = 0; x < grid.width; x++) {
        const expected = y >= 2 && x >= 2 && x < 7 && glyphPixel("I", x - 2, y - 2);
        const second = y >= 2 && x >= 8 && x < 13 && glyphPixel("!", x - 8, y - 2);
        expect(pixel(grid, x, y)[0]).toBe(expected || second ? 1 : 255);
      }
    }
  });

  it("have a glyph for each printable character", () => {
    const ink = (character: string) => {
      const cells = Array.from({ length: 35 }, (_, i) =>
        glyphPixel(character, i % 5, Math.floor(i / 5)) ? "#" : ".",
      );
      return cells.join("");
    };
    const drawn = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-+/()%=_#*<>!?'&";
    expect(new Set([...drawn].map(ink)).size).toBe(drawn.length);
    expect(ink("é")).toBe(ink("?"));
    expect(ink("a")).toBe(ink("A"));
    expect(ink(" ")).toBe(".".repeat(35));
  });
});
