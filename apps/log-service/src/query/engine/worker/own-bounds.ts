import { setFlagsFromString } from "node:v8";

/**
 * From now on each thread that is started has the heap that its maker gives it. A pod's
 * `--max-old-space-size`, and the young generation that `launch` gives the main thread, would be every
 * thread's too, whatever `resourceLimits` say: three of them then fill a container that was measured
 * for one, and a question that needs too much takes the whole service with it instead of its thread.
 * This thread's own heap stays as it is.
 */
export function leaveThreadsTheirBounds(): void {
  setFlagsFromString("--max-old-space-size=0");
  setFlagsFromString("--max-semi-space-size=0");
}
