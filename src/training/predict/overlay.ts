/** @file A prediction's picture over the photo that it is of. */
import type { RgbRows } from "../../data/files/rgb.js";
import type { Picture } from "../../tasks/task.js";

/** Share of the picture's colours, the rest being the photo's. */
const SHARE = 0.5;

/** Both mixed, pixel by pixel. They have one size. */
export function overlayOf({ width, height, data }: Picture, photo: Pick<RgbRows, "readRow">): Picture {
  const mixed = new Uint8Array(data.length);
  const row = new Float32Array(width);
  for (let y = 0; y < height; y++) {
    for (let c = 0; c < 3; c++) {
      photo.readRow(c, y, row);
      for (let x = 0; x < width; x++) {
        const at = 3 * (y * width + x) + c;
        mixed[at] = Math.round(SHARE * data[at] + (1 - SHARE) * 255 * row[x]);
      }
    }
  }
  return { width, height, data: mixed };
}
