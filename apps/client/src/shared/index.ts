// What the programs of this platform do alike, so that a request or a setting means the same to all of them.
export { readTraceparent, type TraceParent } from "./traceparent.ts";
