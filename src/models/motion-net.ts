/**
 * @file A network that sees two frames and predicts how the camera and each point move from the first to the
 * second (Gordon et al. 2019, "Depth from Videos in the Wild", whose public code has two halvings more): an
 * encoder of strided convolutions, whose pooled deepest map gives the camera's motion and a first guess of
 * the points', which is refined from coarse to fine.
 */
import { z } from "zod";
import { add, maximum, mul } from "../graph/ops/arithmetic.js";
import { constant } from "../graph/ops/leaf.js";
import { reduceMean } from "../graph/ops/reduce.js";
import { resizeBilinear } from "../graph/ops/resize.js";
import { concat, expand, slice } from "../graph/ops/shape.js";
import { relu, softplus } from "../graph/ops/unary.js";
import { graphError, type Tensor } from "../graph/tensor.js";
import { constantOf, kaimingNormal, zeros } from "../nn/initializers.js";
import type { Layer } from "../nn/layer.js";
import { convLayer, convNormRelu } from "../nn/layers.js";
import { NORMS, type NormName } from "../nn/norms.js";
import { MOTION_CHANNELS } from "../tasks/motion.js";
import type { Decoded, Encoded, Head, ModelDefinition, Network } from "./network.js";

export interface MotionNetOptions {
  /** Channels of the first map; each halving doubles them. */
  readonly width: number;
  /** Behind the encoder's convolutions; the public code has none. */
  readonly norm: "none" | NormName;
  /** Whether points move by themselves, too: false for scenes that stand still. */
  readonly residual: boolean;
  /** Whether the camera's intrinsics are predicted, too. */
  readonly intrinsics: boolean;
}

/** Times that the encoder halves the size. */
const LEVELS = 5;
const SIZE_MULTIPLE = 2 ** LEVELS;
/** What raw rotations and translations are multiplied by at the start, and at least. */
const [FIRST_SCALE, LEAST_SCALE] = [0.01, 0.001];
const conv3x3 = { kernel: 3, padding: 1, weightInit: kaimingNormal, biasInit: zeros };

/**
 * @returns a network for two frames whose height and width are multiples of 32. A head of as many channels as
 * a motion has (`MOTION_CHANNELS`) is one; heads of other numbers are plain maps beside it.
 */
export function motionNet(options: MotionNetOptions): Network {
  const last = `encoder.${LEVELS - 1}`;
  return {
    frames: 2,
    sizeMultiple: SIZE_MULTIPLE,
    shared: lastNames(options.norm).map((name) => `${last}.${name}`),
    encode: (layer, x) => encode(layer, x, options),
    decode: (layer, encoded, heads) => decode(layer, encoded, heads, options),
    asPredicted: (task) =>
      options.intrinsics && task.kind.kind === "motion"
        ? { ...task, spec: { ...task.spec, intrinsics: true } }
        : task,
  };
}

function lastNames(norm: MotionNetOptions["norm"]): string[] {
  return norm === "none" ? ["weight", "bias"] : ["0.weight", "1.weight", "1.bias"];
}

function encode(layer: Layer, x: Tensor, { width, norm }: MotionNetOptions): Encoded {
  if (x.shape.length !== 4 || x.shape[2] % SIZE_MULTIPLE !== 0 || x.shape[3] % SIZE_MULTIPLE !== 0) {
    graphError("motion-net", `height and width must be multiples of ${SIZE_MULTIPLE}`, [x]);
  }
  const maps = [x];
  for (let level = 0; level < LEVELS; level++) {
    const place = layer.child("encoder").child(level);
    const channels = width * 2 ** level;
    const options = { ...conv3x3, stride: 2 };
    maps.push(
      norm === "none"
        ? relu(convLayer(place, maps[level], channels, options))
        : convNormRelu(place, maps[level], channels, { ...options, bias: false, norm }),
    );
  }
  return { bottleneck: maps[LEVELS], skips: maps.slice(0, LEVELS) };
}

function decode(
  layer: Layer,
  { bottleneck, skips }: Encoded,
  heads: readonly Head[],
  { residual }: MotionNetOptions,
): Decoded {
  const pooled = reduceMean(bottleneck, { axes: [2, 3], keepDims: true });
  const maps = [...skips, bottleneck];
  const outputs = heads.map((head): [string, Tensor] => {
    const place = layer.child("head").child(head.name);
    const isMotion =
      head.channels === MOTION_CHANNELS.residual[1] || head.channels === MOTION_CHANNELS.intrinsics[1];
    return [
      head.name,
      isMotion
        ? motionMap(place, pooled, maps, head.channels, residual)
        : fieldOf(place, pooled, maps, head.channels),
    ];
  });
  return { outputs: Object.fromEntries(outputs) };
}

/** A linear map of a pooled vector [N,C,1,1] to [N,channels,1,1]. */
function linear(layer: Layer, vector: Tensor, channels: number): Tensor {
  return convLayer(layer, vector, channels, { kernel: 1, bias: false });
}

/** [N,channels,H,W]: a first guess from a pooled vector, refined by each map, the coarsest first. */
function fieldOf(layer: Layer, vector: Tensor, maps: readonly Tensor[], channels: number): Tensor {
  return maps.reduceRight(
    (field, map, level) => refined(layer.child("refine").child(level), field, map),
    linear(layer.child("first"), vector, channels),
  );
}

/** A field at the size of a map, and what the map adds to it. */
function refined(layer: Layer, field: Tensor, map: Tensor): Tensor {
  const [, channels, height, width] = map.shape;
  const larger = resizeBilinear(field, [height, width]);
  const seen = concat([larger, map], 1);
  const conv = (name: string, x: Tensor) =>
    relu(convLayer(layer.child(name), x, Math.max(4, channels), conv3x3));
  const once = conv("once", seen);
  const twice = conv("twice2", conv("twice1", seen));
  const change = convLayer(layer.child("change"), concat([once, twice], 1), field.shape[1], {
    kernel: 1,
    bias: false,
  });
  return add(larger, change);
}

/** A learned factor [1] that never falls below `LEAST_SCALE`. */
function scaleOf(layer: Layer, name: string): Tensor {
  return maximum(layer.parameter(name, [1], constantOf(FIRST_SCALE)), LEAST_SCALE);
}

/** Angles, translation, residual translation and, with 13 channels, intrinsics. */
function motionMap(
  layer: Layer,
  pooled: Tensor,
  maps: readonly Tensor[],
  channels: number,
  pointsMove: boolean,
): Tensor {
  const [n, , height, width] = maps[0].shape;
  const everywhere = (vector: Tensor) => expand(vector, [n, vector.shape[1], height, width]);
  const background = linear(layer.child("background"), pooled, 6);
  const part = ([start, end]: readonly [number, number]) =>
    slice(background, { axes: [1], starts: [start], ends: [end] });
  const [turn, step] = [scaleOf(layer, "rotation_scale"), scaleOf(layer, "translation_scale")];
  const residual = pointsMove
    ? mul(fieldOf(layer, background, maps, 3), step)
    : everywhere(constant([0, 0, 0], [1, 3, 1, 1]));
  return concat(
    [
      everywhere(mul(part(MOTION_CHANNELS.angles), turn)),
      everywhere(mul(part(MOTION_CHANNELS.translation), step)),
      residual,
      ...(channels === MOTION_CHANNELS.intrinsics[1]
        ? [everywhere(intrinsicsOf(layer.child("intrinsics"), pooled, [height, width]))]
        : []),
    ],
    1,
  );
}

/** fx, fy, cx, cy [N,4,1,1] in pixels: focal lengths softplus(a) times width and height, centre (b + 1/2). */
function intrinsicsOf(layer: Layer, pooled: Tensor, [height, width]: readonly [number, number]): Tensor {
  const sides = constant([width, height], [1, 2, 1, 1]);
  const focal = softplus(convLayer(layer.child("focal"), pooled, 2, { kernel: 1, biasInit: zeros }));
  const centre = add(linear(layer.child("centre"), pooled, 2), 0.5);
  return concat([mul(focal, sides), mul(centre, sides)], 1);
}

export const motionNetModel: ModelDefinition<MotionNetOptions> = {
  name: "motion-net",
  options: z.strictObject({
    width: z.int().min(1).default(16).describe("channels of the first map, doubled at each of five halvings"),
    norm: z
      .enum(["none", ...NORMS])
      .default("none")
      .describe("behind the encoder's convolutions; the public code has none"),
    residual: z
      .boolean()
      .default(true)
      .describe(
        "whether points move by themselves, too; without a segmentation that says which may, they explain all that " +
          "depth should: false for scenes that stand still, or to learn depth and ego-motion alone",
      ),
    intrinsics: z
      .boolean()
      .default(false)
      .describe("whether focal lengths and centre of the camera are predicted, too, in place of given ones"),
  }),
  create: motionNet,
};
