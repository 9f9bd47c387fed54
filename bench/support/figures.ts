/** The times and statistics of benchmarks. */

/** How many milliseconds some work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

/** A sorted list's value below which so much of it lies, from 0 to 1. */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

export interface Slope {
  readonly perUnit: number;
  /** Half the width of the 95% confidence interval; infinite where the points say too little for one. */
  readonly plusMinus: number;
}

/**
 * How fast values grow, by least squares, from samples taken at even intervals.
 *
 * A process' memory now is nearly what it was a second ago, so that samples are no independent witnesses: counted as
 * such they make an interval several times too narrow. They are counted as so many fewer as their residuals resemble
 * the one before (Santer et al., 2000, J. Geophys. Res. 105: n (1 - r) / (1 + r), r the lag-1 autocorrelation).
 */
export function slope(points: readonly (readonly [x: number, y: number])[]): Slope {
  const n = points.length;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / n;
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (n < 2 || spread === 0) return { perUnit: 0, plusMinus: Number.POSITIVE_INFINITY };
  const perUnit = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const residuals = points.map(([x, y]) => y - meanY - perUnit * (x - meanX));
  const squares = residuals.reduce((sum, value) => sum + value ** 2, 0);
  const beside = residuals.reduce((sum, value, at) => sum + value * (residuals[at - 1] ?? 0), 0);
  const alike = squares === 0 ? 0 : Math.max(0, beside / squares);
  const freedom = (n * (1 - alike)) / (1 + alike) - 2;
  if (freedom < 1) return { perUnit, plusMinus: Number.POSITIVE_INFINITY };
  return { perUnit, plusMinus: student975(freedom) * Math.sqrt(squares / freedom / spread) };
}

/** `+1.2 MiB an hour (95%: ± 0.4)` */
export function slopeText({ perUnit, plusMinus }: Slope, unit: string): string {
  const sign = perUnit >= 0 ? "+" : "";
  const half = Number.isFinite(plusMinus) ? plusMinus.toFixed(1) : "unknown: too few samples";
  return `${sign}${perUnit.toFixed(1)} ${unit} (95%: ± ${half})`;
}

const Z = 1.959964;
/** Of the expansion of Student's t by the normal quantile (Abramowitz and Stegun, 26.7.5). */
const TERMS = [
  Z,
  (Z ** 3 + Z) / 4,
  (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
  (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
  (79 * Z ** 9 + 776 * Z ** 7 + 1482 * Z ** 5 - 1920 * Z ** 3 - 945 * Z) / 92_160,
];

/** The 97.5% quantile of Student's t: within 1% from two degrees of freedom on; below, what one degree has. */
function student975(freedom: number): number {
  if (freedom < 2) return 12.706;
  return TERMS.reduce((sum, term, power) => sum + term / freedom ** power, 0);
}
