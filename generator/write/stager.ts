import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { StageWorkerData } from "./stage-worker.ts";
import { stageOverlay, type NewOverlay } from "./stage.ts";

/** Writes new overlays aside: the first ones at once, the others while the next are rendered. */
export interface Stager extends Disposable {
  add(overlay: NewOverlay): void;
  /**
   * Waits until all are there.
   * @throws Error with the first failure's message.
   */
  finish(): void;
}

/** A thread takes as long to start as some twenty overlays take to write: one new tenant needs none. */
const ALONE = 20;

/** How long one overlay may take before the thread counts as dead: files of some ten KiB, so a minute is a dead disk. */
const PATIENCE_MS = 60_000;

export function openStager(): Stager {
  let added = 0;
  let thread: Thread | undefined;
  return {
    add(overlay) {
      added++;
      if (added <= ALONE) return stageOverlay(overlay);
      thread ??= startThread();
      thread.add(overlay);
    },
    finish: () => thread?.finish(),
    [Symbol.dispose]: () => thread?.stop(),
  };
}

interface Thread {
  add(overlay: NewOverlay): void;
  finish(): void;
  stop(): void;
}

function startThread(): Thread {
  const { port1: failures, port2 } = new MessageChannel();
  const data: StageWorkerData = { done: new SharedArrayBuffer(4), failures: port2 };
  const count = new Int32Array(data.done);
  const worker = new Worker(new URL("stage-worker.ts", import.meta.url), {
    workerData: data,
    transferList: [port2],
  });
  let posted = 0;
  const idle = (): void => {
    for (let done = Atomics.load(count, 0); done < posted; done = Atomics.load(count, 0)) {
      if (Atomics.wait(count, 0, done, PATIENCE_MS) === "timed-out")
        throw new Error("writing overlays aside has stopped");
    }
  };
  return {
    add(overlay) {
      posted++;
      worker.postMessage(overlay);
    },
    finish() {
      idle();
      const failure: { message: unknown } | undefined = receiveMessageOnPort(failures);
      if (failure !== undefined) throw new Error(String(failure.message));
    },
    stop() {
      // Whoever disposes removes the files next: none may come after that.
      idle();
      failures.close();
      void worker.terminate();
    },
  };
}
