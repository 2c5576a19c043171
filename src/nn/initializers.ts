/**
 * @file How parameters start. Each parameter draws from its own stream, so adding one never changes another.
 */
import type { Random } from "../common/random.js";
import { type Shape, sizeOf } from "../graph/tensor.js";

/** Fills an array for a parameter of `shape`. */
export type Initializer = (shape: Shape, random: Random) => Float32Array;

function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const field = sizeOf(shape.slice(2));
  return { fanIn: (shape[1] ?? 1) * field, fanOut: shape[0] * field };
}

function draw(shape: Shape, next: () => number): Float32Array {
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = next();
  return data;
}

export const zeros: Initializer = (shape) => new Float32Array(sizeOf(shape));
export const ones: Initializer = (shape) => new Float32Array(sizeOf(shape)).fill(1);

/** The same value everywhere. */
export const constantOf =
  (value: number): Initializer =>
  (shape) =>
    new Float32Array(sizeOf(shape)).fill(value);

/** A normal distribution around 0. */
export const normal =
  (deviation: number): Initializer =>
  (shape, random) =>
    draw(shape, () => deviation * random.normal());

/** Glorot and Bengio 2010, normal: variance 2 / (fan_in + fan_out), as PyTorch's xavier_normal_. */
export const xavierNormal: Initializer = (shape, random) => {
  const { fanIn, fanOut } = fans(shape);
  return normal(Math.sqrt(2 / (fanIn + fanOut)))(shape, random);
};

/** PyTorch's default for convolution biases: uniform within 1 / sqrt(fan_in) of the weight it belongs to. */
export const biasUniform =
  (weightShape: Shape): Initializer =>
  (shape, random) => {
    const bound = 1 / Math.sqrt(fans(weightShape).fanIn);
    return draw(shape, () => random.uniform(-bound, bound));
  };

/** He et al. 2015, normal, over the outputs: variance 2 / fan_out, as torchvision's ResNets start. */
export const kaimingNormal: Initializer = (shape, random) =>
  normal(Math.sqrt(2 / fans(shape).fanOut))(shape, random);
