import { flushAll } from "./exit.ts";

type Listener = (signal: NodeJS.Signals) => void;

// Known to every copy of this module: none takes another's listener for the application's.
const OURS = Symbol.for("neurallog.signals.1");

const listening = new Set<NodeJS.Signals>();
/** Signals whose listeners changed while the listeners of a signal are being called. */
const changed = new Set<string | symbol>();

/**
 * Flushes when a signal comes, and then lets it end the process as it would have without us; where
 * the application listens too, in whatever way, the end is its own matter.
 * @returns those that cannot be listened to
 */
export function flushOnSignals(signals: readonly NodeJS.Signals[]): NodeJS.Signals[] {
  return signals.filter((signal) => {
    if (listening.has(signal)) return false;
    try {
      listen(signal);
      return false;
    } catch {
      return true;
    }
  });
}

function listen(signal: NodeJS.Signals): void {
  let isEnding = false;
  const listener: Listener = () => {
    // Counted at once: those that listen once are gone as soon as they are called, and ours comes first.
    const isOurs = process.rawListeners(signal).every((each) => OURS in each);
    if (!isOurs || changed.has(signal)) {
      void flushAll();
      return;
    }
    if (isEnding) return;
    isEnding = true;
    void flushAll().finally(() => {
      process.removeListener(signal, listener);
      process.kill(process.pid, signal);
    });
  };
  Object.defineProperty(listener, OURS, { value: true });
  process.prependListener(signal, listener);
  if (listening.size === 0) process.on("removeListener", noteChange);
  listening.add(signal);
}

/** Of one that came before ours after all, and was called and forgotten. Nothing but listeners runs until the microtask. */
function noteChange(name: string | symbol): void {
  if (changed.size === 0) queueMicrotask(() => changed.clear());
  changed.add(name);
}
