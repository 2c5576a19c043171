/** @file Least-squares polynomials through a few points. */

export interface Polynomial {
  /** From the constant up. */
  readonly coefficients: readonly number[];
  /** Root of the mean squared distance from the points. */
  readonly rmse: number;
}

/** The polynomial of a degree that is nearest to the points; null where they are too few to say. */
export function fitPolynomial(
  points: readonly (readonly [x: number, y: number])[],
  degree: number,
): Polynomial | null {
  if (new Set(points.map(([x]) => x)).size <= degree) return null;
  const powers = Array.from({ length: degree + 1 }, (_, i) => i);
  // Normal equations, solved by elimination: of degree 2 over small whole numbers they are well conditioned.
  const rows = powers.map((i) => [
    ...powers.map((j) => points.reduce((sum, [x]) => sum + x ** (i + j), 0)),
    points.reduce((sum, [x, y]) => sum + y * x ** i, 0),
  ]);
  for (const column of powers) {
    const pivot = powers
      .slice(column)
      .reduce((best, row) => (Math.abs(rows[row][column]) > Math.abs(rows[best][column]) ? row : best));
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (const row of powers) {
      if (row === column) continue;
      const share = rows[row][column] / rows[column][column];
      rows[row] = rows[row].map((value, i) => value - share * rows[column][i]);
    }
  }
  const coefficients = powers.map((i) => rows[i][degree + 1] / rows[i][i]);
  const at = (x: number) => coefficients.reduce((sum, value, i) => sum + value * x ** i, 0);
  const squares = points.reduce((sum, [x, y]) => sum + (y - at(x)) ** 2, 0);
  return { coefficients, rmse: Math.sqrt(squares / points.length) };
}
