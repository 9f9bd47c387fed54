import type { ArchiveStats, ServiceStats, StoreStats } from "@neurallog/client";
import { EXIT } from "../errors.ts";
import { bytes, count, counted } from "../output/columns.ts";
import { harmlessJson, harmlessLine } from "../output/terminal.ts";
import type { Commands } from "./commands.ts";

/** `stats`: how the service does, for people. */
export function addStats({ root, run }: Commands): void {
  const command = root.command("stats").description("print how the service and its store do");
  run(command, async ({ client, options, context }) => {
    const stats = await client().stats({ signal: context.interrupted });
    await context.out.write(options.json === true ? `${harmlessJson(stats)}\n` : shown(stats));
    return stats.store.ready ? EXIT.ok : EXIT.unavailable;
  });
}

function shown({
  version,
  uptime_seconds,
  store,
  archive,
  followers,
  process,
}: ServiceStats): string {
  const { p99, max } = process.event_loop_delay_ms;
  const facts: (readonly [string, string])[] = [
    [
      "service",
      `${version}, up ${uptime(uptime_seconds)}, ${bytes(process.memory.rss)} resident, event loop late by ${p99} ms (99 in 100), ${max} ms at most`,
    ],
    ["store", storeText(store)],
    [
      "writes",
      `${counted(store.queue.records, "record")} wait, ${counted(store.commits.retried, "commit")} tried again, ${count(store.commits.failed)} failed`,
    ],
    [
      "merging",
      `${known(store.merge.records)} records in ${known(store.merge.blocks)} small blocks wait, ${known(store.tombstones)} clearings`,
    ],
    ...store.dropped.map(
      ({ namespace, reason, records }) =>
        [
          "dropped",
          `${counted(records, "record")} of ${harmlessLine(namespace)}: ${reason}`,
        ] as const,
    ),
    ...store.servers.map(
      ({ version: server, role, replicas, memory }) =>
        [
          "redis",
          `${harmlessLine(server)}, ${role}, ${counted(replicas, "replica")}, ${bytes(memory.used)}${memory.max === 0 ? "" : ` of ${bytes(memory.max)}`}, ${memory.policy}`,
        ] as const,
    ),
    ...(archive ? archiveTexts(archive).map((text) => ["archive", text] as const) : []),
    [
      "followers",
      `${count(followers.followers)} with ${counted(followers.filters, "filter")}, ${counted(followers.dropped, "event")} missed`,
    ],
  ];
  return facts.map(([name, text]) => `${name.padEnd(9)}  ${text}\n`).join("");
}

function storeText({ ready, code, durability, records, bytes: size }: StoreStats): string {
  const state = ready ? "ready" : `not ready (${code ?? "unknown"})`;
  const each = records !== null && size !== null && records > 0 ? size / records : undefined;
  const held =
    records === null || size === null
      ? "what it holds cannot be asked"
      : `${counted(records, "record")} in ${bytes(size)}${each === undefined ? "" : `, ${each.toFixed(1)} bytes each`}`;
  return `${state}, durability ${durability ?? "unknown"}, ${held}`;
}

function archiveTexts({ state, moving }: ArchiveStats): readonly string[] {
  if (moving === null) return ["another process moves records there"];
  const { records, quarantined, skipped, last, backlog, troubles = [] } = moving;
  const waits =
    backlog === null
      ? "what waits is not known"
      : `${counted(backlog.records, "record")} in ${bytes(backlog.bytes)} wait`;
  const lost = Object.entries(skipped).filter(([, passedOver]) => passedOver > 0);
  return [
    `${state}, ${waits}, ${counted(records, "record")} moved${last === null ? "" : `, last at ${harmlessLine(last)}`}, ${count(quarantined)} put aside`,
    ...lost.map(
      ([reason, passedOver]) =>
        `${counted(passedOver, "record")} passed over: ${harmlessLine(reason)}`,
    ),
    ...troubles.map(({ kind, reason }) =>
      harmlessLine(`${kind}: ${reason ?? "for admins to see"}`),
    ),
  ];
}

function known(value: number | null): string {
  return value === null ? "?" : count(value);
}

function uptime(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.round(seconds / 3_600)} h`
    : `${Math.round(seconds / 86_400)} d`;
}
