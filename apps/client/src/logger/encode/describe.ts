import { types } from "node:util";

/** Whether a value says more by its kind and size than by its properties. */
export function isSelfDescribing(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isRegExp(value) ||
    types.isPromise(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isGeneratorObject(value)
  );
}

/** `[Uint8Array: 16 bytes]`, an expression's source, `[Promise]`: bytes are nothing that a log is searched for. */
export function describe(value: object): string {
  if (types.isAnyArrayBuffer(value)) return `[ArrayBuffer: ${value.byteLength} bytes]`;
  if (ArrayBuffer.isView(value)) {
    const kind = types.isDataView(value) ? "DataView" : nameOf(value);
    return `[${kind}: ${value.byteLength} bytes]`;
  }
  if (types.isRegExp(value)) return RegExp.prototype.toString.call(value);
  if (types.isPromise(value)) return "[Promise]";
  return types.isGeneratorObject(value) ? "[Generator]" : "[WeakCollection]";
}

const tag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
);

/** The kind of a typed array, whatever its class calls itself. */
function nameOf(view: ArrayBufferView): string {
  return String(tag?.get?.call(view));
}
