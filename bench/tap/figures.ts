/** A sorted list's value below which so much of it lies, from 0 to 1. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

/** How fast values grow, by least squares, with the half width of its 95% confidence interval. */
export function slope(points: readonly (readonly [x: number, y: number])[]): {
  readonly perUnit: number;
  readonly plusMinus: number;
} {
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const perUnit = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - perUnit * (x - meanX)) ** 2, 0);
  // 1.96 is the normal distribution's: from some thirty points on it is close enough.
  return { perUnit, plusMinus: 1.96 * Math.sqrt(rest / Math.max(1, n - 2) / spread) };
}
