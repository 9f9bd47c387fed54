/**
 * Keeps standard output for the protocol: whatever else in the process writes there, with
 * `console.log` or by itself, from this thread or another, goes to standard error. One stray line
 * among the messages ends the connection of most clients.
 * @returns Writes a message; resolves when the system has it.
 */
export function ownStdout(): (text: string) => Promise<void> {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  Object.defineProperty(stdout, "write", { value: stderr.write.bind(stderr), configurable: true });
  return (text) =>
    new Promise((resolve, reject) => {
      write(text, (error) => (error ? reject(error) : resolve()));
    });
}
