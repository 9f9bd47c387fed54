/** Lets at most `wide` run at once; others wait in order. */
export function turnstile(wide: number): <T>(work: () => Promise<T>) => Promise<T> {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (inside >= wide) await new Promise<void>((enter) => waiting.push(enter));
    else inside += 1;
    try {
      return await work();
    } finally {
      // Whoever leaves hands the place on: a newcomer must not slip in before those who wait.
      const next = waiting.shift();
      if (next === undefined) inside -= 1;
      else next();
    }
  };
}
