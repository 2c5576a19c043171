/** @file The registry of augmentations: one line each. */
import { registry } from "../../common/registry.js";
import type { Augmentation } from "./augmentation.js";
import { blur } from "./blur.js";
import { flip } from "./flip.js";
import { grey } from "./grey.js";
import { jitter } from "./jitter.js";
import { offsetCrop } from "./offset-crop.js";
import { randAugment } from "./rand-augment.js";
import { rotate } from "./rotate.js";
import { scaleCrop } from "./scale-crop.js";
import { scaleCropPad } from "./scale-crop-pad.js";
import { square } from "./square.js";

export type { Augmentation, Change } from "./augmentation.js";

// biome-ignore lint/suspicious/noExplicitAny: each augmentation validates its own options.
export const augmentations = registry<Augmentation<any>>("augmentations", {
  [flip.name]: flip,
  [scaleCrop.name]: scaleCrop,
  [scaleCropPad.name]: scaleCropPad,
  [offsetCrop.name]: offsetCrop,
  [square.name]: square,
  [rotate.name]: rotate,
  [jitter.name]: jitter,
  [grey.name]: grey,
  [blur.name]: blur,
  [randAugment.name]: randAugment,
});
