// A plugin with one augmentation of its own: images darker towards their corners, as wide lenses make them.
// `taskloom/data` says what an augmentation is (`Augmentation`); random numbers are drawn in `draw`, and
// nowhere else.
import { z } from "zod";

const vignette = {
  name: "vignette",
  effect: "colour",
  options: z.strictObject({
    strength: z.number().min(0).max(1).default(0.5).describe("share of the light that corners may lose"),
  }),
  draw(_size, { strength }, rng) {
    const loss = rng.uniform(0, strength);
    return {
      colouring(image, { width, height }) {
        const [x0, y0] = [(width - 1) / 2, (height - 1) / 2];
        return image.map((value, i) => {
          const x = (i % width) - x0;
          const y = (Math.floor(i / width) % height) - y0;
          return value * (1 - (loss * (x * x + y * y)) / Math.max(x0 * x0 + y0 * y0, 1));
        });
      },
    };
  },
};

export const augmentations = { [vignette.name]: vignette };
