/** @file Geometry: boxes, cameras, rotations, normals from depth. */
export * from "./boxes/index.js";
export * from "./camera.js";
export * from "./normals-from-depth.js";
export * from "./rigid.js";
export * from "./rotation.js";
export * from "./similarity.js";
