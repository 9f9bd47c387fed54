/**
 * The phrase that goes with a status. Not by an `import`: that of `node:http` reads all that it exports,
 * with which Node loads an HTTP client of its own, 6 MB that nothing here uses.
 */
export function statusText(status: number): string {
  return process.getBuiltinModule("node:http").STATUS_CODES[status] ?? "Error";
}
