// What the programs of this platform do alike, so that a request or a setting means the same to all of them.
export { EventReader, type ServerSentEvent } from "./server-sent.ts";
export { isSwitchedOff } from "./switched-off.ts";
export { readTraceparent, type TraceParent } from "./traceparent.ts";
export { readWordFile } from "./word-file.ts";
