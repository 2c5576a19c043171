/** @file Reshading: the scene in white, lit from the camera. */
import { writeGrey } from "./colours.js";
import { unitMap } from "./unit-map.js";

/**
 * Reshading (Zamir et al. 2018): shading in [0, 1] of Lambertian surfaces without colour or texture under one
 * point light at the camera, 1 where a surface faces it. A mirror image is shaded alike, so nothing changes
 * sign. Colour files with three equal channels have to be saved as grey first.
 */
export const reshading = unitMap("reshading", writeGrey);
