/**
 * @file One line for every registered augmentation: options that the conformance suite draws changes with.
 */

/** By name; the defaults are tried as well. */
export const CASES: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  flip: [{ probability: 1 }],
  "scale-crop": [{ scales: [1.2, 1.5, 2.7] }],
  "scale-crop-pad": [{ range: [0.4, 0.7], fill: "zero" }, { range: [1.3, 2] }],
  "offset-crop": [
    { size: [6, 9], distance: 2 },
    { size: [11, 7], distance: 1 },
  ],
  square: [],
  rotate: [{ turns: [1, 3] }, { turns: [2] }],
  jitter: [
    { hue: 0.5, probability: 1 },
    { brightness: 0, contrast: 2, saturation: 0, hue: 0 },
  ],
  grey: [{ probability: 1 }],
  blur: [{ sigma: [0.5, 4], probability: 1 }],
  "rand-augment": [{ operations: 5 }],
};
