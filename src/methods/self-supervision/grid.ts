/** @file Feature maps pooled to a grid of cells (adaptive average pooling, as PyTorch's). */
import { UserError } from "../../common/errors.js";
import { averagePool2d } from "../../graph/ops/average-pool.js";
import { constant } from "../../graph/ops/leaf.js";
import { matmul, swapLast } from "../../graph/ops/matmul.js";
import { reshape } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";

/** [cells, length]: row i takes the mean from floor(i·length/cells) to before ceil((i+1)·length/cells). */
function means(cells: number, length: number): Tensor {
  const weights = new Float32Array(cells * length);
  for (let i = 0; i < cells; i++) {
    const start = Math.floor((i * length) / cells);
    const end = Math.ceil(((i + 1) * length) / cells);
    weights.fill(1 / (end - start), i * length + start, i * length + end);
  }
  return constant(weights, [cells, length]);
}

/**
 * Means of fields of maps: [N,C,H,W] to [N,C,rows,columns]. Neighbouring fields overlap by a row or column
 * where their number does not divide a side.
 */
export function pooledToGrid(x: Tensor, [rows, columns]: readonly [number, number]): Tensor {
  const [n, channels, height, width] = x.shape;
  if (height % rows === 0 && width % columns === 0) {
    const kernel = [height / rows, width / columns] as const;
    return averagePool2d(x, { kernel, stride: kernel });
  }
  const along = matmul(reshape(x, [n * channels, height, width]), swapLast(means(columns, width)));
  return reshape(matmul(means(rows, height), along), [n, channels, rows, columns]);
}

const CELLS = 8;

/**
 * Rows and columns of the grid on maps of that size: `wanted`, or 8 and no more than the map has.
 * @throws UserError where more are wanted than the map has.
 */
export function gridOf(
  wanted: number | undefined,
  [height, width]: readonly [number, number],
): [number, number] {
  if (wanted === undefined) return [Math.min(CELLS, height), Math.min(CELLS, width)];
  if (wanted <= height && wanted <= width) return [wanted, wanted];
  throw new UserError({
    code: "method.grid-too-fine",
    what: "the grid has more cells than the network's last feature map has pixels",
    where: "densecl: grid",
    expected: `at most ${Math.min(height, width)}, as the map is ${height}x${width}`,
    got: String(wanted),
    fix: "Make `grid` smaller, or `data.size` larger.",
  });
}
