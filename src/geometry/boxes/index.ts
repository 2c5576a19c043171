/** @file Upright 3D boxes: overlap, suppression, anchors and coding. */
export * from "./anchors.js";
export * from "./bird-grid.js";
export * from "./box.js";
export * from "./camera-view.js";
export * from "./coding.js";
export * from "./overlap.js";
export * from "./suppression.js";
