/** @file The assignment of rows to columns with the greatest sum of weights. */

/** Marks a row without a column. */
export const UNASSIGNED = -1;

/**
 * The column of each row, no column twice, such that the sum of the weights is greatest; pairs of weight 0
 * are not made. Exact: shortest augmenting paths over potentials (Kuhn 1955; Jonker and Volgenant 1987).
 * @param weights [rows, columns], none below 0.
 */
export function bestAssignment(weights: ArrayLike<number>, rows: number, columns: number): Int32Array {
  // A column of its own for each row, of weight 0, lets any row go without: so there is always a free one.
  const width = columns + rows;
  const weight = (row: number, column: number) => (column < columns ? weights[row * columns + column] : 0);
  const rowPotential = new Float64Array(rows);
  const columnPotential = new Float64Array(width);
  const owner = new Int32Array(width).fill(UNASSIGNED);
  for (let first = 0; first < rows; first++) {
    const slack = new Float64Array(width).fill(Infinity);
    const from = new Int32Array(width).fill(UNASSIGNED);
    const done = new Uint8Array(width);
    let row = first;
    let column = UNASSIGNED;
    // The tree of alternating paths grows by its cheapest column until that one is free.
    do {
      let next = UNASSIGNED;
      for (let j = 0; j < width; j++) {
        if (done[j]) continue;
        const cost = -weight(row, j) - rowPotential[row] - columnPotential[j];
        if (cost < slack[j]) {
          slack[j] = cost;
          from[j] = column;
        }
        if (next === UNASSIGNED || slack[j] < slack[next]) next = j;
      }
      const step = slack[next];
      rowPotential[first] += step;
      for (let j = 0; j < width; j++) {
        if (done[j]) {
          rowPotential[owner[j]] += step;
          columnPotential[j] -= step;
        } else slack[j] -= step;
      }
      done[next] = 1;
      column = next;
      row = owner[next];
    } while (row !== UNASSIGNED);
    for (; column !== UNASSIGNED; column = from[column]) {
      owner[column] = from[column] === UNASSIGNED ? first : owner[from[column]];
    }
  }
  const partner = new Int32Array(rows).fill(UNASSIGNED);
  for (let j = 0; j < columns; j++) {
    if (owner[j] !== UNASSIGNED && weight(owner[j], j) > 0) partner[owner[j]] = j;
  }
  return partner;
}
