/** Resolves at the first SIGTERM or SIGINT. A second one ends the process at once, for people in a hurry. */
export function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    let told = false;
    const onSignal = () => {
      if (told) process.exit(130);
      told = true;
      resolve();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}
