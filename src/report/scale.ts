/** @file Axes: round tick values and their places. */

export interface Scale {
  /** Value -> share of the axis, 0 to 1. */
  place(value: number): number;
  readonly ticks: readonly number[];
}

/** A linear axis over [low, high], widened to round numbers unless `tight`. */
export function linearScale(low: number, high: number, count: number, tight = false): Scale {
  const magnitude = Math.max(Math.abs(low), Math.abs(high));
  // A range of rounding errors only is none.
  if (high - low <= 1e-9 * magnitude || magnitude < 1e-300) {
    const margin = magnitude < 1e-300 ? 1 : magnitude * 0.1;
    return linearScale(low - margin, high + margin, count, tight);
  }
  const step = roundStep((high - low) / count);
  const first = tight ? Math.ceil(low / step - 1e-9) : Math.floor(low / step + 1e-9);
  const last = tight ? Math.floor(high / step + 1e-9) : Math.ceil(high / step - 1e-9);
  // Multiples of a step such as 0.1 carry rounding errors that would show in labels.
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  const [from, to] = tight ? [low, high] : [ticks[0], ticks[ticks.length - 1]];
  return { ticks, place: (value) => (value - from) / (to - from) };
}

/** A logarithmic axis over [low, high], both positive. */
export function logScale(low: number, high: number): Scale {
  const [from, to] = low === high ? [low / 2, high * 2] : [low, high];
  // Differences of logarithms: the quotient of extreme values overflows.
  const start = Math.log10(from);
  const decades = Math.log10(to) - start;
  const multiples = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  const stride = Math.max(1, Math.ceil(decades / 6));
  for (let power = Math.floor(start); power <= Math.ceil(Math.log10(to)); power++) {
    if (power % stride !== 0) continue;
    for (const multiple of multiples) {
      const tick = Number((multiple * 10 ** power).toPrecision(3));
      if (tick >= from && tick <= to) ticks.push(tick);
    }
  }
  return { ticks, place: (value) => (Math.log10(value) - start) / decades };
}

/** The next of 1, 2, 5 times a power of ten. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}
