// A task of one's own: which pixels belong to what strikes the eye first (salient object detection). Its
// primary metric is one of the whole set: the F-measure at the one threshold that serves all images best. In
// dataset.yaml: `saliency: {kind: saliency}`.
// @ts-check
import { add, cast, detach, greaterOrEqual, log, maximum, mul, neg, sigmoid, sub } from "taskloom/graph";
import {
  fullValue,
  maskedMean,
  paint,
  percent,
  requireSameSize,
  withChannels,
  writeGrey,
} from "taskloom/tasks";
import { z } from "zod";

const specSchema = z.strictObject({
  kind: z.literal("saliency"),
  /** The value of pixels that nobody decided on, in integer files. */
  ignore: z.int().min(0).max(255).default(128),
});

/** Precision weighs more than recall: β² of Achanta et al. 2009. */
const BETA = 0.3;
/** Thresholds 1/255 to 1. */
const LEVELS = 256;
/** Keeps logarithms finite where a probability is 0 or 1 in float32. */
const EPSILON = 1e-6;

/**
 * Files: one channel, integers (more than half of the largest is salient) or floats (more than 0.5 is; NaN:
 * undecided).
 * @type {import("taskloom/tasks").TaskFiles<z.output<typeof specSchema>>}
 */
const files = {
  labelChannels: () => 1,
  layers: ["saliency", "mask"],
  decode(raster, spec, where) {
    const grey = withChannels(raster, 1, where, "salient or not");
    const { width, height } = grey;
    const floats = grey.data instanceof Float32Array;
    const half = fullValue(grey) / 2;
    const decided = (/** @type {number} */ value) => (floats ? !Number.isNaN(value) : value !== spec.ignore);
    return {
      channels: 1,
      height,
      width,
      data: Float32Array.from(grey.data, (value) => Number(value > half)),
      valid: Uint8Array.from(grey.data, (value) => Number(decided(value))),
    };
  },
  encode({ width, height, data, valid }, { ignore }) {
    // A decided value is never the one that stands for "undecided".
    const salient = ignore === 255 ? 254 : 255;
    const rest = ignore === 0 ? 1 : 0;
    const bytes = Uint8Array.from(data, (value, i) =>
      valid[i] !== 1 ? ignore : value > 0.5 ? salient : rest,
    );
    return { width, height, channels: 1, data: bytes };
  },
  resampling: () => "nearest",
  mirrored: (label) => label,
  scaled: (label) => label,
};

/**
 * The prediction is a probability [N,1,H,W]; its loss the binary cross-entropy, mean over valid pixels.
 * @type {import("taskloom/tasks").TaskLearning<z.output<typeof specSchema>>}
 */
const learning = {
  channels: () => 1,
  activate: sigmoid,
  likelihood: "classification",
  loss(probability, label, valid) {
    const yes = mul(label, log(add(probability, EPSILON)));
    const no = mul(sub(1, label), log(add(sub(1, probability), EPSILON)));
    return maskedMean(neg(add(yes, no)), valid);
  },
  moved: (prediction) => prediction,
  pseudoLabel(prediction, _spec, confidence) {
    const fixed = detach(prediction);
    return {
      label: cast(greaterOrEqual(fixed, 0.5), "float32"),
      valid: cast(greaterOrEqual(maximum(fixed, sub(1, fixed)), confidence), "float32"),
    };
  },
};

/**
 * The largest F = (1 + β²) P R / (β² P + R) over thresholds, from how many pixels of either class were
 * predicted at each level; NaN without a salient pixel.
 * @param {Float64Array} salient
 * @param {Float64Array} rest
 */
function bestF(salient, rest) {
  const total = salient.reduce((sum, count) => sum + count);
  let [hits, predicted, best] = [0, 0, total === 0 ? Number.NaN : 0];
  for (let level = LEVELS - 1; level > 0; level--) {
    hits += salient[level];
    predicted += salient[level] + rest[level];
    // P = hits / predicted, R = hits / total.
    if (hits > 0) best = Math.max(best, ((1 + BETA) * hits) / (BETA * total + predicted));
  }
  return best;
}

/**
 * `setF`: one threshold for all images, their pixels counted together. `imageF`: each image at its own best
 * threshold, mean over the images that have a salient pixel. `aErr`: mean |probability - label|.
 * @type {import("taskloom/tasks").TaskMeasuring<z.output<typeof specSchema>>}
 */
const metrics = {
  infos: [
    { name: "setF", unit: "%", better: "higher" },
    { name: "imageF", unit: "%", better: "higher" },
    { name: "aErr", unit: "", better: "lower" },
  ],
  primary: "setF",
  wholeSet: true,
  accumulator() {
    const set = { salient: new Float64Array(LEVELS), rest: new Float64Array(LEVELS) };
    let [pixels, error, images, sum] = [0, 0, 0, 0];
    return {
      update(prediction, label) {
        requireSameSize(prediction, label);
        const image = { salient: new Float64Array(LEVELS), rest: new Float64Array(LEVELS) };
        label.valid.forEach((valid, i) => {
          if (valid !== 1) return;
          const probability = Math.min(Math.max(prediction.data[i], 0), 1);
          const counts = label.data[i] > 0.5 ? "salient" : "rest";
          const level = Math.round(probability * (LEVELS - 1));
          image[counts][level]++;
          set[counts][level]++;
          pixels++;
          error += Math.abs(prediction.data[i] - label.data[i]);
        });
        const best = bestF(image.salient, image.rest);
        if (Number.isNaN(best)) return;
        images++;
        sum += best;
      },
      result: () => ({
        setF: 100 * bestF(set.salient, set.rest),
        imageF: percent(sum, images),
        aErr: error / pixels,
      }),
    };
  },
};

/**
 * White is salient, dark grey is not.
 * @type {import("taskloom/tasks").TaskDrawing<z.output<typeof specSchema>>}
 */
const drawing = {
  range: () => null,
  prediction: (map) => paint(map, (pixel, out, at) => writeGrey(map.data[pixel], out, at)),
  label: (map) =>
    paint(map, (pixel, out, at) => {
      if (map.valid[pixel] === 1) writeGrey(map.data[pixel], out, at);
    }),
};

/** @type {import("taskloom/tasks").TaskKind<z.output<typeof specSchema>>} */
const saliency = { kind: "saliency", specSchema, files, learning, metrics, drawing };

export const tasks = { saliency };
