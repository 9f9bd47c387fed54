/** Before the next try, after so many failures in a row: twice as long each time, up to the longest. */
export function doubledPause(failures: number, firstMs: number, mostMs: number): number {
  return Math.min(firstMs * 2 ** Math.min(failures - 1, 30), mostMs);
}
