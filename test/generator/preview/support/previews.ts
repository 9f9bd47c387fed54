import type { Group, Preview } from "../../../../generator/preview/model/model.ts";

/** A preview of groups, in which every text that somebody else may choose is `text`. */
export function previewWith(
  text: string,
  options: { groups?: number; objects?: number } = {},
): Preview {
  const { groups = 1, objects = 2 } = options;
  return {
    version: 1,
    base: { ref: text, commit: text },
    head: { commit: text, dirty: true },
    errors: [
      { code: "build-failed", where: text, text },
      { code: "quota-exceeded", where: null, text },
    ],
    overlays: { all: 1000, compared: groups, built: 2 * groups, cached: 0 },
    capacity: [
      { cluster: text, has: amounts(100_000), usedBefore: amounts(10), usedAfter: amounts(20) },
      { cluster: text, has: null, usedBefore: amounts(0), usedAfter: amounts(0) },
    ],
    channels: [{ cluster: text, channel: text, field: text, before: text, after: null }],
    reach: [{ base: text, files: 2, rings: [{ cluster: text, ring: text, ids: [text, text] }] }],
    groups: Array.from({ length: groups }, (_, i) => groupWith(text, i, objects)),
  };
}

const amounts = (count: number) => ({ cpu: count, memory: count, storage: count, pods: count });
const totals = (count: number) => ({
  requested: amounts(count),
  limits: { cpu: count, memory: count },
  quota: amounts(count),
});

function groupWith(text: string, index: number, objects: number): Group {
  const object = { apiVersion: text, kind: text, namespace: text, name: text };
  const unit = { kind: "tenant", cluster: text, change: "changed", ring: text } as const;
  return {
    units: [
      { ...unit, id: `${index}${text}`, before: totals(1), after: totals(2) },
      { ...unit, id: text, before: null, after: totals(3) },
    ],
    objects: [
      { ...object, change: "added", object: { [text]: text } },
      { ...object, change: "removed" },
      ...Array.from({ length: objects }, () => ({
        ...object,
        change: "changed" as const,
        fields: [
          {
            op: "add" as const,
            at: [text, { by: text, is: text }, { index: 0 }],
            after: { [text]: [text] },
          },
          { op: "remove" as const, at: [text], before: text },
          { op: "change" as const, at: ["a"], before: `${text}\n${text}`, after: `${text}\nother` },
          { op: "order" as const, at: [], by: text, after: [text] },
        ],
      })),
    ],
    gained: [{ from: text, to: text, ports: text }],
    lost: [{ from: text, to: text, ports: text }],
    notes: (["error", "alarm", "warning", "info"] as const).map((level) => ({
      level,
      code: text,
      text,
    })),
  };
}
