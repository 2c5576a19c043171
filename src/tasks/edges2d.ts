/** @file 2D edges: texture and outlines in the image. */
import { writeScaleColour } from "./colours.js";
import { unitMap } from "./unit-map.js";

/**
 * Texture edges ("2D edges" of Taskonomy, Zamir et al. 2018): strength in [0, 1] of the brightness gradient
 * at each pixel, before thinning. Taskonomy's 16-bit `edge_texture` files are read with `scale: 0.000191`:
 * its training code takes 0.08 of their range as 1 and clips the rest.
 */
export const edges2d = unitMap("edges2d", writeScaleColour);
