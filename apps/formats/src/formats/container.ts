import type { Json } from "@neurallog/client";
import { isoWhole } from "../time/iso.ts";
import type { Clock } from "../time/clock.ts";
import type { Format, Parsed } from "./format.ts";

// 2025-10-11T22:14:15.003456789Z stdout F text, as Kubernetes' runtimes write; P for a piece of a longer line
const cri = /^(\S{20,40}) (stdout|stderr) ([FP])(?::\S*)? ?(.*)$/s;
// {"log":"text\n","stream":"stdout","time":"2025-10-11T22:14:15.003456789Z"}, as Docker writes
const docker = /^\{"log":".*"time":"[^"]*"\}$/s;

/**
 * What a container runtime wrote around a program's line: the line is read for itself by `inner`, the runtime's time
 * counts where the line has none.
 */
export function containerFormat(inner: readonly Format[]): Format {
  return {
    name: "container",
    parse(line, clock) {
      const wrapped = criLine(line) ?? dockerLine(line);
      if (wrapped === undefined) return undefined;
      const civil = isoWhole(wrapped.time);
      const timestamp = civil === undefined ? undefined : clock.instant(civil);
      if (timestamp === undefined) return undefined;
      const record = read(wrapped.text, clock, inner);
      const metadata: Record<string, Json> = { stream: wrapped.stream, ...record.metadata };
      if (wrapped.partial) metadata["partial"] = true;
      return { timestamp, ...record, metadata };
    },
  };
}

interface Wrapped {
  readonly time: string;
  readonly stream: string;
  readonly text: string;
  readonly partial: boolean;
}

function criLine(line: string): Wrapped | undefined {
  const [, time = "", stream = "", mark, text = ""] = cri.exec(line) ?? [];
  return mark === undefined ? undefined : { time, stream, text, partial: mark === "P" };
}

function dockerLine(line: string): Wrapped | undefined {
  if (!docker.test(line)) return undefined;
  try {
    const value: Record<string, unknown> = JSON.parse(line);
    const { log, stream, time, ...others } = value;
    if (typeof log !== "string" || typeof stream !== "string" || typeof time !== "string") {
      return undefined;
    }
    // Labels and the like that Docker was told to add: the line stays JSON, which keeps them.
    if (Object.keys(others).length > 0) return undefined;
    return { time, stream, text: log.replace(/\r?\n$/, ""), partial: !log.endsWith("\n") };
  } catch {
    return undefined;
  }
}

function read(text: string, clock: Clock, inner: readonly Format[]): Parsed {
  for (const format of inner) {
    const record = format.parse(text, clock);
    if (record !== undefined && record.message.trim() !== "") return record;
  }
  return { message: text };
}
