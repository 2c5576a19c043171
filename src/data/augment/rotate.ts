/** @file Quarter turns, as for predicting rotations (RotNet, Gidaris et al. 2018). */
import { z } from "zod";
import { UserError } from "../../common/errors.js";
import type { Augmentation } from "./augmentation.js";

interface RotateOptions {
  readonly turns: readonly (0 | 1 | 2 | 3)[];
}

const quarters = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);

/**
 * Counter-clockwise. Camera, pose and normals turn with the image; a batch can say how far in its array
 * `turns`.
 */
export const rotate: Augmentation<RotateOptions> = {
  name: "rotate",
  effect: "turn",
  options: z.strictObject({
    turns: z
      .array(quarters)
      .min(1)
      .default([0, 1, 2, 3])
      .describe("quarter turns counter-clockwise, one of these"),
  }),
  draw({ width, height }, { turns }, rng) {
    if (width !== height && turns.some((turn) => turn % 2 === 1)) {
      throw new UserError({
        code: "augmentation.not-square",
        what: "quarter turns need square images, as all images of a batch have one shape",
        where: "augmentation: rotate",
        expected: "height and width alike, or turns of 0 and 2 alone",
        got: `${height}x${width}`,
        fix: "Set `data.size` to a square, or `turns: [0, 2]`.",
      });
    }
    const turn = rng.pick(turns);
    return turn === 0 ? {} : { moves: [{ kind: "turn", quarters: turn }] };
  },
};
