/**
 * @file Two crops of constant size at a constant distance, enlarged to the image's own size: what overlaps
 * shows the same things (Tian et al. 2020, "What makes for good views"; Kanakis et al. 2023, supplementary
 * D.2).
 */
import { z } from "zod";
import { UserError } from "../../common/errors.js";
import type { Augmentation } from "./augmentation.js";

interface OffsetCropOptions {
  readonly size?: readonly [number, number];
  readonly distance?: number;
}

const pixels = z.int().min(1);

/** Pixels between the crops over the image's height: 8 of 425, the paper's for depth. */
const DISTANCE = 8 / 425;

/**
 * Of every view with an even number the first crop, of those with an odd one the second, `distance` pixels
 * from it on both axes; where the pair lies, and which of the two is further down and to the right, is drawn
 * for each sample. Enlarged bilinearly.
 */
export const offsetCrop: Augmentation<OffsetCropOptions> = {
  name: "offset-crop",
  effect: "crop",
  options: z.strictObject({
    size: z
      .tuple([pixels, pixels])
      .optional()
      .describe("[height, width] of the crops, in pixels; two thirds of the image's if left out"),
    distance: z
      .int()
      .min(0)
      .optional()
      .describe("pixels between the two, on both axes; a 53rd of the image's height if left out"),
  }),
  draw({ width, height }, { size, distance = Math.round(DISTANCE * height) }, rng, drawnFor) {
    const [rows, columns] = size ?? [Math.round((2 * height) / 3), Math.round((2 * width) / 3)];
    const room = [height - rows - distance, width - columns - distance];
    if (room.some((pixels) => pixels < 0)) {
      throw new UserError({
        code: "augmentation.crop-too-large",
        what: "the crops do not fit into the images",
        where: "augmentation: offset-crop",
        expected: `crops and the distance between them within ${height}x${width} (height x width)`,
        got: `${rows}x${columns}, ${distance} pixels apart`,
        fix: "Make `crop` or `distance` smaller, or `data.size` larger.",
      });
    }
    const { view = 0, shared = rng } = drawnFor ?? {};
    const [top, left] = room.map((pixels) => {
      const start = shared.integer(pixels + 1);
      return start + ((view + shared.integer(2)) % 2) * distance;
    });
    return {
      moves: [
        { kind: "cut", top, left, height: rows, width: columns, fill: "zero" },
        { kind: "stretch", height, width, enlargement: height / rows },
      ],
    };
  },
};
