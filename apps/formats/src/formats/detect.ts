import type { Clock } from "../time/clock.ts";
import { access } from "./access.ts";
import { apacheError } from "./apache-error.ts";
import { bgl } from "./bgl.ts";
import { containerFormat } from "./container.ts";
import type { Format, Parsed } from "./format.ts";
import { hdfs } from "./hdfs.ts";
import { healthApp } from "./healthapp.ts";
import { iso } from "./iso.ts";
import { json } from "./json.ts";
import { klog } from "./klog.ts";
import { log4j } from "./log4j.ts";
import { logfmt } from "./logfmt.ts";
import { nginxError } from "./nginx-error.ts";
import { openStack } from "./openstack.ts";
import { plain } from "./plain.ts";
import { rfc5424 } from "./rfc5424.ts";
import { spark } from "./spark.ts";
import { syslog } from "./syslog.ts";
import { windows } from "./windows.ts";
import { zooKeeper } from "./zookeeper.ts";

/**
 * Every format of a program, the exact ones before the general ones: the first that reads a line has it. Each line is looked at
 * for itself, since a container's output is often several programs' lines mixed.
 */
const written: readonly Format[] = [
  json,
  rfc5424,
  apacheError,
  access,
  nginxError,
  bgl,
  hdfs,
  healthApp,
  spark,
  klog,
  zooKeeper,
  log4j,
  openStack,
  windows,
  syslog,
  iso,
  logfmt,
  plain,
];

/** What a container runtime writes around a line comes first: by itself it would be read as another format. */
export const formats: readonly Format[] = [containerFormat(written), ...written];

export interface Detected {
  readonly format: string;
  readonly record: Parsed;
}

/** Reads one line; `only` forces a format (or none but plain text). Every line is at least plain text. */
export function detect(line: string, clock: Clock, only: readonly Format[] = formats): Detected {
  for (const format of only) {
    const record = format.parse(line, clock);
    if (record === undefined) continue;
    // A line that is all header has said nothing; the line itself is then the message.
    return {
      format: format.name,
      record: record.message.trim() === "" ? { ...record, message: line } : record,
    };
  }
  return { format: plain.name, record: { message: line } };
}
