// Stages new overlays beside the thread that renders them. Started by `stager.ts`.
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { stageOverlay, type NewOverlay } from "./stage.ts";

/** What the thread is started with. */
export interface StageWorkerData {
  /** One 32-bit counter: overlays that are done, failed ones included. */
  done: SharedArrayBuffer;
  /** Takes the message of each failure. */
  failures: MessagePort;
}

const { done, failures }: StageWorkerData = workerData;
const count = new Int32Array(done);

parentPort?.on("message", (overlay: NewOverlay) => {
  try {
    stageOverlay(overlay);
  } catch (error) {
    failures.postMessage(error instanceof Error ? error.message : String(error));
  }
  Atomics.add(count, 0, 1);
  Atomics.notify(count, 0);
});
