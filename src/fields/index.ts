/** @file Fields: what a sample is made of, how it follows a change of its image, and how a batch holds it. */
export * from "./camera.js";
export * from "./field.js";
export * from "./image.js";
export * from "./layout.js";
export * from "./list.js";
export * from "./map.js";
export * from "./move.js";
export * from "./pillars.js";
export * from "./placement.js";
export * from "./pose.js";
export * from "./resize.js";
export * from "./sample.js";
export * from "./scan.js";
export type * from "./size.js";
export * from "./sweep.js";
