/**
 * @file ONNX Runtime's blocked convolution kernels, reached directly. The CPU provider keeps a domain of its
 * own, `com.microsoft.nchwc`, into which its optimizer moves convolutions with constant weights; emitting
 * those nodes ourselves gives training's changing weights the same kernels (300-340 GFLOP/s where the plain
 * Conv reaches 200-280). B stands for the block (16 or 8 channels, found by a probe at start). Operators pass
 * blocked images on to each other: one that has a spelling for them asks `blockedNameOf`; any other gets the
 * plain form, made on demand. Image: bytes [N, C/B, H, W, B] under the logical shape [N,C,H,W]. Filter: bytes
 * [O/B, C/B, KH, KW, B in, B out] under [O,C,KH,KW].
 */
import type { LowerContext } from "../lowering.js";
import type { OnnxAttribute } from "../onnx-graph.js";
import type { Attributes, Shape, Tensor } from "../tensor.js";

const BLOCKED = "com.microsoft.nchwc";
type Context = LowerContext<Attributes>;
type Reordering = Pick<Context, "emit" | "reshape" | "target">;

/**
 * Plain image -> blocked. Channels must be a multiple of 4; with `channelsLast`, the plain bytes are
 * [N,H,W,C].
 */
export function reorderInput({ emit }: Pick<Context, "emit">, name: string, channelsLast = false): string {
  return emit("ReorderInput", [name], channelsLast ? { channels_last: 1 } : {}, { domain: BLOCKED });
}

/** Blocked image -> plain, keeping the first `channels`. */
export function reorderOutput(
  { emit }: Pick<Context, "emit">,
  name: string,
  channels: number,
  channelsLast = false,
): string {
  return emit("ReorderOutput", [name], channelsLast ? { channels, channels_last: 1 } : { channels }, {
    domain: BLOCKED,
  });
}

/** The blocked form of an operator's input, reordered if need be. Its channels must be a multiple of 4. */
export function blockedInput(context: Context, input: Tensor): string {
  return context.blockedNameOf(input) ?? reorderInput(context, context.nameOf(input));
}

/** Whether an image has whole blocks of channels, so that its blocked form has no padding. */
export function isBlockable({ target: { blockSize } }: Context, { shape }: Tensor): boolean {
  return blockSize > 0 && shape.length === 4 && shape[1] % blockSize === 0;
}

/**
 * x scale + shift, vectors [C] per channel: a depthwise 1x1 convolution of a blocked image. `plus` is a
 * blocked image added in passing, `relu` applied last.
 */
export function blockedAffine(
  context: Pick<Context, "emit" | "reshape">,
  image: string,
  channels: number,
  scale: string,
  { shift, plus, relu }: { shift?: string; plus?: string; relu?: boolean } = {},
): string {
  const filter = context.reshape(scale, [channels, 1, 1, 1]);
  const inputs = plus === undefined ? (shift === undefined ? [] : [shift]) : [shift ?? "", plus];
  const attributes: Record<string, OnnxAttribute> = { group: channels, kernel_shape: [1, 1] };
  if (relu === true) attributes.activation = "Relu";
  return context.emit("Conv", [image, filter, ...inputs], attributes, { domain: BLOCKED });
}

/** Convolution of blocked operands; `bias` [O] is added in passing. */
export function blockedConv(
  { emit }: Context,
  image: string,
  filter: string,
  attributes: Record<string, OnnxAttribute>,
  bias?: string,
): string {
  return emit("Conv", bias === undefined ? [image, filter] : [image, filter, bias], attributes, {
    domain: BLOCKED,
  });
}

/**
 * Filter [O,C,KH,KW] -> blocked. The reorderings serve as transposers: one brings B outputs inside, the other
 * B inputs (six times as fast as Transpose).
 */
export function blockFilter(
  context: Reordering,
  name: string,
  [outputs, inputs, rows, columns]: Shape,
): string {
  const { blockSize: b } = context.target;
  const taps = rows * columns;
  const first = reorderInput(context, context.reshape(name, [outputs / b, b, 1, inputs * taps]));
  const second =
    taps === 1
      ? first
      : reorderInput(context, context.reshape(first, [(outputs / b) * (inputs / b), b, 1, taps * b]), true);
  return context.reshape(second, [outputs, inputs, rows, columns]);
}

/** The blocked form of a filter, reordered if need be. Its channels must be whole blocks. */
export function filterBlocks(
  context: Reordering & Pick<Context, "nameOf" | "blockedFilterOf">,
  filter: Tensor,
): string {
  return context.blockedFilterOf(filter) ?? blockFilter(context, context.nameOf(filter), filter.shape);
}

/**
 * Blocked filter of [O,C,KH,KW] -> blocked filter of the adjoint convolution: [C,O,KH,KW] with the taps
 * reversed. Each tile of B inputs and B outputs is transposed, then the tiles are put in order.
 */
export function blockAdjointFilter(context: Context, blocked: string, shape: Shape): string {
  const { blockSize: b } = context.target;
  const [outputs, inputs, rows, columns] = shape;
  const taps = rows * columns;
  const [ob, ib] = [outputs / b, inputs / b];
  const count = ob * ib * taps;
  const transposed = reorderInput(context, context.reshape(blocked, [count, b, 1, b]));
  const order: number[] = [];
  for (let i = 0; i < ib; i++) {
    for (let o = 0; o < ob; o++) {
      for (let tap = taps - 1; tap >= 0; tap--) order.push((o * ib + i) * taps + tap);
    }
  }
  const tiles = context.emit("Gather", [context.reshape(transposed, [count, b * b]), context.ints(order)], {
    axis: 0,
  });
  return context.reshape(tiles, [inputs, outputs, rows, columns]);
}

/** Blocked filter -> plain [O,C,KH,KW]. */
function unblockFilter(context: Reordering, name: string, [outputs, inputs, rows, columns]: Shape): string {
  const { blockSize: b } = context.target;
  const taps = rows * columns;
  const tiles = (outputs / b) * (inputs / b);
  const first =
    taps === 1
      ? name
      : reorderOutput(context, context.reshape(name, [tiles, taps * b, b, 1]), taps * b, true);
  const second = reorderOutput(context, context.reshape(first, [outputs / b, b, inputs * taps, 1]), b);
  return context.reshape(second, [outputs, inputs, rows, columns]);
}

/** Blocked image or filter -> plain. */
export function plainForm(
  context: Reordering,
  { blocked, filter }: { readonly blocked: string; readonly filter?: true },
  shape: Shape,
): string {
  return filter ? unblockFilter(context, blocked, shape) : reorderOutput(context, blocked, shape[1]);
}
