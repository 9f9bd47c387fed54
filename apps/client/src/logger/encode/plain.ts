/** Whether an object is one of `{…}`: no class says what it is. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Any object can be asked for any key. */
export function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  return value !== null;
}
