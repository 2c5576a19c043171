/**
 * @file The filter gradient on the CPU provider: dW[o,c,i,j] = Σ_n Σ_hw dy[n,o,h,w] x[n,c,h+i-1,w+j-1]. ONNX
 * has no node for it; which spelling is fastest depends on the shape. Measured on two AVX-512 cores at batch
 * 4, in ms, against one matrix product per tap ("taps"): 64 channels 96x128: rows 19.9, taps 25.0; 128
 * channels 48x64: blocked 15.0, taps 20.0; 512 channels 12x16: blocked 12.9, taps 19.9; 512 channels 6x8:
 * small maps 5.6, taps 10.1; 3 to 64 channels 96x128: columns 2.5, taps 6.3.
 */
import type { LowerContext } from "../lowering.js";
import { Conv2dFilterGrad, type ConvAttributes } from "../ops/conv2d.js";
import type { Attributes, Shape } from "../tensor.js";
import { blockedConv, blockedInput, reorderInput } from "./blocked.js";
import { isPointwise } from "./cpu-conv.js";
import { skipsColumns, stridedFilterGrad } from "./cpu-strided-filter-grad.js";
import type { Emitted, Spelling, SpellingTable } from "./index.js";

type Context = LowerContext<Attributes>;
type FilterGradAttributes = ConvAttributes & { readonly kernel: readonly [number, number] };

/**
 * Largest plane of channels (in values) that the blocked spelling keeps in a core's cache; above it, it is
 * bound by memory.
 */
const CACHED_VALUES = 400_000;

interface Sizes {
  readonly n: number;
  readonly c: number;
  readonly o: number;
  readonly height: number;
  readonly width: number;
}

const filterGrad: Spelling = (context) => {
  const attributes = context.attributes as FilterGradAttributes;
  const [x, dy] = context.inputs;
  const [n, c, height, width] = x.shape;
  const sizes: Sizes = { n, c, o: dy.shape[1], height, width };
  const weight: Shape = [sizes.o, c, ...attributes.kernel];
  if (isPointwise(weight, attributes)) return [pointwise(context, sizes, weight)];
  if (skipsColumns(attributes)) return [stridedFilterGrad(context, attributes)];
  if (!isSame3x3(attributes)) return Conv2dFilterGrad.lower(context as LowerContext<FilterGradAttributes>);
  const b = context.target.blockSize;
  const blocked = b > 0 && c % b === 0 && sizes.o % b === 0;
  if (blocked && width % b !== 0 && height * width <= 256) return [smallMaps(context, sizes, weight)];
  if (blocked && width % b === 0 && c * height * width <= CACHED_VALUES)
    return [blockedRows(context, sizes, weight)];
  return [c < 16 ? columns(context, sizes, weight) : rows(context, sizes, weight)];
};

function isSame3x3({ kernel, strides, pads, dilations, groups }: FilterGradAttributes): boolean {
  return groups === 1 && [...kernel, ...strides, ...dilations, ...pads].join() === "3,3,1,1,1,1,1,1,1,1";
}

/** a [..,M,K] times the transpose of b [..,N,K]. */
function timesTransposed({ emit }: Context, a: string, b: string): string {
  return emit("FusedMatMul", [a, b], { transB: 1 }, { domain: "com.microsoft" });
}

function sumSamples({ emit, ints, reshape }: Context, name: string, n: number, shape: Shape): string {
  return reshape(n === 1 ? name : emit("ReduceSum", [name, ints([0])], { keepdims: 0 }), shape);
}

function pad({ emit, ints, scalar }: Context, name: string, pads: readonly number[]): string {
  return pads.every((value) => value === 0)
    ? name
    : emit("Pad", [name, ints(pads), scalar(0)], { mode: "constant" });
}

/** x shifted so that position w holds x[w - by], zeros coming in at the edge. */
function shiftColumns(context: Context, name: string, by: number): string {
  return pad(context, name, [0, 0, 0, by, 0, 0, 0, -by]);
}

function pointwise(context: Context, { n, c, o, height, width }: Sizes, weight: Shape): string {
  const flat = (name: string, channels: number) => context.reshape(name, [n, channels, height * width]);
  return sumSamples(
    context,
    timesTransposed(context, flat(context.names[1], o), flat(context.names[0], c)),
    n,
    weight,
  );
}

/**
 * Many positions: the three row shifts of dy stacked as rows of one matrix, against the three column shifts
 * of x.
 */
function rows(context: Context, { n, c, o, height, width }: Sizes, weight: Shape): string {
  const { names, emit, ints, reshape } = context;
  const order = [0, 1, 2].flatMap((tap) =>
    Array.from({ length: height }, (_, h) => {
      const from = h - (tap - 1);
      return from < 0 || from >= height ? height : from;
    }),
  );
  const withZeroRow = pad(context, reshape(names[1], [n * o, height, width]), [0, 0, 0, 0, 1, 0]);
  const shifted = reshape(emit("Gather", [withZeroRow, ints(order)], { axis: 1 }), [
    n,
    3 * o,
    height * width,
  ]);
  const products = [1, 0, -1].map((by) => {
    const image = reshape(shiftColumns(context, names[0], by), [n, c, height * width]);
    return sumSamples(context, timesTransposed(context, shifted, image), n, [o, 3, c, 1]);
  });
  return reshape(emit("Transpose", [emit("Concat", products, { axis: 3 })], { perm: [0, 2, 1, 3] }), weight);
}

/** Few channels: the nine shifts of x as columns of one matrix. */
function columns(context: Context, { n, c, o, height, width }: Sizes, weight: Shape): string {
  const { names, emit, reshape } = context;
  const joined = reshape(emit("Concat", shiftedWindows(context, names[0], height, width), { axis: 1 }), [
    n,
    9 * c,
    height * width,
  ]);
  const product = timesTransposed(context, reshape(names[1], [n, o, height * width]), joined);
  return reshape(
    emit("Transpose", [sumSamples(context, product, n, [o, 9, c])], { perm: [0, 2, 1] }),
    weight,
  );
}

/** The nine shifts of a map [..,..,H,W], taps in row-major order. */
function shiftedWindows(context: Context, name: string, height: number, width: number): string[] {
  const { emit, ints } = context;
  const padded = pad(context, name, [0, 0, 1, 1, 0, 0, 1, 1]);
  return Array.from({ length: 9 }, (_, tap) => {
    const starts = [Math.floor(tap / 3), tap % 3];
    return emit("Slice", [padded, ints(starts), ints([starts[0] + height, starts[1] + width]), ints([2, 3])]);
  });
}

/**
 * dy as a blocked filter whose inputs are positions: its blocked bytes [n, O/B, positions, B] with n and O/B
 * exchanged.
 */
function positionsFilter(context: Context, { n, o, height, width }: Sizes): string {
  const { target, inputs, emit, reshape } = context;
  const outer = o / target.blockSize;
  const planes = reshape(blockedInput(context, inputs[1]), [n, outer, height * width * target.blockSize]);
  return n === 1 ? planes : emit("Transpose", [planes], { perm: [1, 0, 2] });
}

/**
 * A convolution that contracts over positions: dy's blocked bytes are read as a filter with kernel [H, W/B]
 * over B "channels" (positions within a block) a sample, and x's, with the channels of x as the image's
 * columns, as its input. One convolution a column shift, its three output rows being the row shifts. Nothing
 * is summed afterwards, and dy is not transposed.
 */
function blockedRows(context: Context, sizes: Sizes, weight: Shape): Emitted {
  const { n, c, o, height, width } = sizes;
  const { target, inputs, nameOf, emit, reshape } = context;
  const b = target.blockSize;
  const filter = reshape(positionsFilter(context, sizes), [o, n * b, height, width / b]);
  const parts = [1, 0, -1].map((by) => {
    const positions = reorderInput(
      context,
      reshape(shiftColumns(context, nameOf(inputs[0]), by), [n, c, 1, height * width]),
      true,
    );
    const image = reshape(positions, [1, n * b, height, (width / b) * c]);
    const product = blockedConv(context, image, filter, {
      pads: [1, 0, 1, 0],
      kernel_shape: [height, width / b],
      dilations: [1, c],
    });
    return reshape(product, [o / b, 3, c / b, 1, b * b]);
  });
  const tiles = emit("Transpose", [emit("Concat", parts, { axis: 3 })], { perm: [0, 2, 1, 3, 4] });
  return { blocked: reshape(tiles, weight), filter: true };
}

/**
 * Maps too small for the above: the nine shifts spelled out, one pointwise convolution contracting over all
 * samples' positions.
 */
function smallMaps(context: Context, sizes: Sizes, weight: Shape): Emitted {
  const { n, c, o, height, width } = sizes;
  const { target, inputs, nameOf, emit, reshape } = context;
  const b = target.blockSize;
  const count = n * height * width;
  const filled = Math.ceil(count / b) * b;
  const image = nameOf(inputs[0]);
  const byChannel = n === 1 ? image : emit("Transpose", [image], { perm: [1, 0, 2, 3] });
  const windows = shiftedWindows(context, reshape(byChannel, [c, n, height, width]), height, width);
  const joined = emit(
    "Concat",
    windows.map((name) => reshape(name, [1, c, 1, count])),
    { axis: 0 },
  );
  const positions = reorderInput(context, pad(context, joined, [0, 0, 0, 0, 0, 0, 0, filled - count]), true);
  const flat = reshape(positionsFilter(context, sizes), [o / b, count * b]);
  const filter = reshape(pad(context, flat, [0, 0, 0, (filled - count) * b]), [o, filled, 1, 1]);
  const product = blockedConv(context, reshape(positions, [9, filled, 1, c]), filter, {
    kernel_shape: [1, 1],
  });
  const tiles = emit("Transpose", [reshape(product, [9, o / b, c / b, b * b])], { perm: [1, 2, 0, 3] });
  return { blocked: reshape(tiles, weight), filter: true };
}

export const cpuFilterGrad: SpellingTable = { [Conv2dFilterGrad.name]: filterGrad };
