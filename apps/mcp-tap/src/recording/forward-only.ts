import type { Observer } from "../observe/observer.ts";

/** Where nothing is to be recorded: it forwards, and that is all. */
export const forwardOnly: Observer = {
  open: () => 0,
  data: () => {},
  close: () => {},
  note: () => {},
};
