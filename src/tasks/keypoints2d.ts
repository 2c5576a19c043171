/** @file 2D keypoints: how much a place in the image stands out. */
import { writeScaleColour } from "./colours.js";
import { unitMap } from "./unit-map.js";

/**
 * 2D keypoints (Zamir et al. 2018): response in [0, 1] of a detector of interest points at each pixel, before
 * its maxima are picked. Taskonomy's 16-bit `keypoints2d` files are read with `scale: 0.00305`: its training
 * code takes 0.005 of their range as 1 and clips the rest.
 */
export const keypoints2d = unitMap("keypoints2d", writeScaleColour);
