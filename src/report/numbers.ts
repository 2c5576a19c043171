/** @file How numbers are written for people. */

/**
 * About four significant digits, without trailing zeros or needless exponents; a dash where there is no
 * number.
 */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return minus(String(value));
  return trimmed(formatMeasured(value));
}

/** Like `formatNumber`, but with its trailing zeros: numbers of one kind then line up in a table. */
export function formatMeasured(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const magnitude = Math.abs(value);
  if (value === 0) return "0";
  if (magnitude >= 1e6 || magnitude < 1e-3) {
    const [mantissa, exponent] = value.toExponential(2).split("e");
    return minus(`${mantissa}e${Number(exponent)}`);
  }
  const decimals = Math.max(0, 3 - Math.floor(Math.log10(magnitude)));
  return minus(value.toFixed(decimals));
}

/** A signed percentage with one decimal, e.g. `+3.2%`. */
export function formatPercent(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const text = minus(value.toFixed(1));
  return `${value > 0 ? "+" : ""}${text}%`;
}

/** A count with three digits, e.g. `1.57 M`. */
export function formatCount(count: number): string {
  if (count < 1e3) return String(count);
  return count < 1e6
    ? `${Number((count / 1e3).toPrecision(3))} k`
    : `${Number((count / 1e6).toPrecision(3))} M`;
}

/** A span of time such as `45s`, `3m 05s`, `2h 10m`, `1d 04h`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}

function trimmed(text: string): string {
  return text.replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, "");
}

/** A real minus sign lines up with digits and plus. */
function minus(text: string): string {
  return text.replace(/^-/, "−");
}
