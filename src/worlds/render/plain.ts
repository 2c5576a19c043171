/** @file The style `plain`: a flat colour a solid, shaded by its slant; no texture, no shadow, no noise. */

import type { Scene } from "../scene.js";
import type { Rgb } from "../surface/colour.js";
import { type Material, makeMaterial } from "../surface/material.js";
import type { Visibility } from "./visibility.js";

/** Where the light of drawings comes from: left, behind and above. */
const TOWARDS: Rgb = [-0.4, -0.3, 0.866];

function flat({ mean }: Material): Material {
  return makeMaterial({ colours: [mean, mean, mean] });
}

/** The scene with a flat colour for every solid, and a sky of one colour. Its geometry is the same. */
export function plainScene(scene: Scene): Scene {
  const { sky } = scene;
  return {
    ...scene,
    primitives: scene.primitives.map((primitive) => ({ ...primitive, material: flat(primitive.material) })),
    sky: sky && { ...sky, zenith: sky.horizon, cover: 0 },
    haze: undefined,
  };
}

/** Light of a drawing, interleaved RGB: the slant of each face, and nothing of its surroundings. */
export function plainLight({ normals }: Visibility): Float32Array {
  const light = new Float32Array(normals.length);
  for (let i = 0; i < normals.length; i += 3) {
    const facing = normals[i] * TOWARDS[0] + normals[i + 1] * TOWARDS[1] + normals[i + 2] * TOWARDS[2];
    light.fill(0.65 + 0.35 * facing, i, i + 3);
  }
  return light;
}
