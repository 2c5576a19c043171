/** @file Occlusion edges: where one surface hides another. */
import { writeScaleColour } from "./colours.js";
import { unitMap } from "./unit-map.js";

/**
 * Occlusion edges ("3D edges" of Taskonomy, Zamir et al. 2018): strength in [0, 1] of the edge at each pixel,
 * 0 where surfaces go on. Taskonomy's 16-bit `edge_occlusion` files are read with `scale: 0.00244`: its
 * training code takes 0.00625 of their range as 1; it leaves larger values as they are, here they are cut.
 */
export const occlusionEdges = unitMap("occlusion-edges", writeScaleColour);
